/** Sentences as customers and agents write them, in three scripts; the numbers keep the vocabulary growing. */
const LATIN =
  'our the shop is open from nine until six on weekdays and closed on sunday please send your order number so that we can look into the delivery thank you for waiting a colleague will call back about the invoice refund address payment contract café straße garçon'.split(
    ' ',
  );
const CYRILLIC =
  'мы работаем с девяти до шести по будням пожалуйста пришлите номер заказа чтобы мы могли проверить доставку спасибо за ожидание коллега перезвонит вам насчёт счёта возврата адреса оплаты договора'.split(
    ' ',
  );
const HAN =
  '我们每天上午九点开始工作请提供订单号以便查询物流信息谢谢您的耐心等待同事会尽快联系处理退款地址付款合同发票';

/** The same for the same seed, everywhere. */
export function random(seed) {
  let state = (seed + 1) * 2_654_435_761;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 2_246_822_507);
    state = Math.imul(state ^ (state >>> 13), 3_266_489_909);
    state ^= state >>> 16;
    return (state >>> 0) / 4_294_967_296;
  };
}

/** One message's text: every tenth has a phrase that many share, and each has words that few do. */
export function makeText(n) {
  const next = random(n);
  const script = next();
  const length = 10 + Math.floor(next() * 40);
  const pick = (words) => words[Math.floor(next() * next() * words.length)];
  const few = `${Math.floor(next() * 1e6)} case${Math.floor(next() * 2e4)}`;
  if (script < 0.2) {
    const run = Array.from({ length: length * 2 }, () => pick(HAN)).join('');
    return `${n % 10 === 0 ? '营业时间' : ''}${run}。${few}`;
  }
  const words = Array.from({ length }, () => pick(script < 0.4 ? CYRILLIC : LATIN)).join(' ');
  return `${n % 10 === 0 ? 'Opening hours: ' : ''}${words}. ${few}`;
}
