import { type Json, startTestApp, type TestApp } from '../../harness.js';
import { address, walk } from './archive.js';

const TEXTS: Record<string, string> = {
  cafe: 'Das CAFÉ in der Straße öffnet um 9:30 Uhr.',
  resume: 'Please send your résumé — not a resumption.',
  istanbul: 'İstanbul ve Iğdır arasında ısı farkı var',
  lodz: 'Łódź, Ærø and Malmö are far apart',
  ukraine: 'Київ і Харків; мій їжак',
  russian: 'За́мок стоит, ёлка растёт. Мой дом — моя крепость',
  greek: 'Ο ΣΊΣΥΦΟΣ ανέβαινε στο βουνό',
  arabic: 'قَرَأَ الطَّالِبُ الكِتَابَ في المكـــتبة',
  hebrew: 'שָׁלוֹם עולם',
  persian: 'من می‌خواهم کتاب بخوانم',
  hindi: 'हिन्दी में लिखा हुआ संदेश',
  korean: '한국어 문장을 검색합니다',
  chinese: '我昨天在北京大学图书馆看书，今天去上海。',
  traditional: '臺北市政府的營業時間',
  mixed: '我的iPhone手机坏了',
  japanese: '東京都に住んでいます。ガラスのコップとカラス。',
  halfwidth: 'ﾃﾞｰﾀﾍﾞｰｽ と ＡＢＣ１２３',
  thai: 'ฉันชอบกินน้ำแข็งไสในฤดูร้อน',
  khmer: 'ខ្ញុំស្រឡាញ់ភាសាខ្មែរ',
  emoji: 'Great job 👍🏽 and a family 👨‍👩‍👧 from 🇩🇪 ❤️',
  code: 'call foo_bar(3.14) on user@example.com via https://example.org/a-b?x=1, then std::vector<int>',
  shout: "DON'T use getUserName()",
  curly: 'He said “don’t panic” twice',
  footnote: 'Terms¹ of Acme™ apply to 5 m² of ﬁne ﬂoor',
  decomposed: 'e\u0301te\u0301 a\u0300 la plage',
  vietnamese: 'Tiếng Việt có dấu',
  soft: 'Donau\u00addampf\u00adschiff \u200bfährt',
};

/** What is looked for, and every text that it is to be found in. */
const PAIRS: [string, string[]][] = [
  ['café', ['cafe']],
  ['CAFE', ['cafe']],
  ['strasse', ['cafe']],
  ['STRASSE', ['cafe']],
  ['straße öffnet', ['cafe']],
  ['offnet', ['cafe']],
  ['9:30', ['cafe']],
  ['9:31', []],
  ['resume', ['resume']],
  ['resum', []],
  ['resumption send', ['resume']],
  ['istanbul', ['istanbul']],
  ['ISTANBUL', ['istanbul']],
  ['isi', ['istanbul']],
  ['ığdır', ['istanbul']],
  ['lodz', ['lodz']],
  ['ærø', ['lodz']],
  ['aero malmo', ['lodz']],
  ['київ', ['ukraine']],
  ['їжак', ['ukraine']],
  ['ЗАМОК', ['russian']],
  ['елка', ['russian']],
  ['ёлка', ['russian']],
  ['мой', ['russian']],
  ['мои', []],
  ['креп', []],
  ['σίσυφος', ['greek']],
  ['βουνο', ['greek']],
  ['الكتاب', ['arabic']],
  ['المكتبة', ['arabic']],
  ['كتاب', []],
  ['שלום', ['hebrew']],
  ['میخواهم', ['persian']],
  ['हिन्दी', ['hindi']],
  ['한국어', ['korean']],
  ['한국', []],
  ['北京', ['chinese']],
  ['大学', ['chinese']],
  ['京大', ['chinese']],
  ['图书馆看书', ['chinese']],
  ['北大', []],
  ['书，今', ['chinese']],
  ['書', []],
  ['書館', []],
  ['海', ['chinese']],
  ['的', ['mixed', 'traditional']],
  ['北京 上海', ['chinese']],
  ['"北京 上海"', []],
  ['營業時間', ['traditional']],
  ['手机', ['mixed']],
  ['iphone', ['mixed']],
  ['iPhone手机', ['mixed']],
  ['手机iPhone', []],
  ['東京', ['japanese']],
  ['京都', ['japanese']],
  ['住んで', ['japanese']],
  ['ガラス', ['japanese']],
  ['からす', []],
  ['カラス', ['japanese']],
  ['データベース', ['halfwidth']],
  ['abc123', ['halfwidth']],
  ['น้ำแข็ง', ['thai']],
  ['ชอบกิน', ['thai']],
  ['ฤดูหนาว', []],
  ['ภาษา', []],
  ['ភាសា', ['khmer']],
  ['👍', ['emoji']],
  ['👍🏿', ['emoji']],
  ['👧', ['emoji']],
  ['🇩🇪', ['emoji']],
  ['🇩🇰', []],
  ['❤', ['emoji']],
  ['👎', []],
  ['foo_bar', ['code']],
  ['bar_foo', []],
  ['3.14', ['code']],
  ['3.15', []],
  ['user@example.com', ['code']],
  ['example.com', ['code']],
  ['https://example.org/a-b?x=1', ['code']],
  ['std::vector', ['code']],
  ['getusername', ['shout']],
  ["don't", ['curly', 'shout']],
  ['don’t panic', ['curly']],
  ['"panic twice"', ['curly']],
  ['"twice panic"', []],
  ['"said don\'t panic', ['curly']],
  ['acme', ['footnote']],
  ['terms', ['footnote']],
  ['fine floor', ['footnote']],
  ['ete', ['decomposed']],
  ['été à', ['decomposed']],
  ['tieng viet', ['vietnamese']],
  ['donaudampfschiff', ['soft']],
  ['fahrt', ['soft']],
  ['-great !job', ['emoji']],
  ['great & job | nothing', []],
  ["' or 1=1 --", []],
  ['the:* \\ great', []],
];

describe('looking for words', () => {
  let app: TestApp;
  let at = 1_758_900_000;
  const say = async (message_id: string, body: object, conversation_id = 'search'): Promise<void> => {
    at += 1;
    const answer = await app.send({ message_id, conversation_id, create_time: at, ...body });
    expect(answer.status).toBe(200);
  };
  const find = async (q: string, more = {}, path = '/v1/messages') => {
    const { status, body } = await app.get(address(path, { q, limit: 200, ...more }));
    expect({ status, body }).toMatchObject({ status: 200 });
    return body.data as Json[];
  };
  const ids = (rows: Json[]) => rows.map((row) => row.message_id).sort();

  beforeAll(async () => {
    app = await startTestApp();
    for (const [id, text] of Object.entries(TEXTS)) await say(id, { text });
  });
  afterAll(() => app.close());

  it.each(PAIRS)('%s', async (q, expected) => {
    const rows = await find(q);
    expect(ids(rows)).toEqual([...expected].sort());
    for (const { snippet } of rows) expect(snippet.hits.length).toBeGreaterThan(0);
  });

  it('marks what was found', async () => {
    const marked = async (q: string) => {
      const [row] = await find(q);
      return row.snippet.hits.map(([start, end]: [number, number]) => row.snippet.text.slice(start, end));
    };
    expect(await marked('strasse uhr')).toEqual(['Straße', 'Uhr']);
    expect(await marked('北京大学')).toEqual(['北京大学']);
    expect(await marked('"DON’T panic"')).toEqual(['don’t panic']);
    expect(await marked('データ')).toEqual(['ﾃﾞｰﾀ']);
  });

  it('looks into pieces and transcripts, and not across them', async () => {
    await say('pieces', {
      text: 'alpha',
      output: [
        { content: { text: 'bravo 你', audio: [{ audio: 'https://x.example/a', transcript: 'charlie' }] } },
        { content: { text: '好 delta' } },
      ],
    });
    expect(ids(await find('alpha bravo charlie delta'))).toEqual(['pieces']);
    expect(ids(await find('"alpha bravo"'))).toEqual([]);
    expect(ids(await find('你好'))).toEqual([]);
    expect((await find('charlie'))[0].snippet).toEqual({ text: 'charlie', hits: [[0, 7]] });
  });

  it('finds what a revision says now, and no longer what was said before', async () => {
    await say('revised', { text: 'zulu' });
    await say('revised', { text: 'yankee' });
    expect(ids(await find('zulu'))).toEqual([]);
    expect(ids(await find('yankee'))).toEqual(['revised']);
  });

  it.each([
    ['many different words', Array.from({ length: 300_000 }, (_, n) => `w${n.toString(36)}`).join(' ')],
    ['one word again and again', `${'ha '.repeat(20_000)}`],
    [
      'more words than there are positions',
      Array.from({ length: 40_000 }, (_, n) => `v${n % 500}`).join(' '),
    ],
    [
      'a long run of characters',
      Array.from({ length: 60_000 }, (_, n) => String.fromCodePoint(0x4e00 + ((n * 7919) % 20_000))).join(''),
    ],
    ['one word without an end', 'x'.repeat(1_000_000)],
  ])('finds the end and the beginning of a huge text: %s', async (name, filler) => {
    await say(name, { text: `firstword 开头文字 ${filler} lastword 结尾文字` });
    expect(ids(await find('firstword 头文 lastword 尾文'))).toContain(name);
    expect(ids(await find('"lastword 结尾文字"'))).toContain(name);
    expect(ids(await find('"firstword lastword"'))).not.toContain(name);
    await say(name, { text: 'short again' });
    expect(ids(await find('firstword'))).not.toContain(name);
    expect(await app.database.prisma.searchPart.count({ where: { messageId: name } })).toBe(0);
  });

  it('joins every other filter, and pages', async () => {
    for (let n = 0; n < 25; n += 1) {
      const message_type = n % 5 === 0 ? 'QUESTION' : 'ANSWER';
      await say(
        `page-${String(n).padStart(2, '0')}`,
        { text: `kilo number ${n}`, message_type },
        `c-${n % 3}`,
      );
    }
    expect(await find('kilo')).toHaveLength(25);
    expect(await find('kilo', { message_type: 'QUESTION' })).toHaveLength(5);
    expect(await find('kilo', { conversation_id: 'c-1' })).toHaveLength(8);
    expect(await find('kilo', { from: '2026-01-01' })).toHaveLength(0);
    for (const order of ['asc', 'desc']) {
      const rows = await walk(app, '/v1/messages', { q: 'kilo', limit: 4, order });
      const sorted = Array.from({ length: 25 }, (_, n) => `page-${String(n).padStart(2, '0')}`);
      expect(rows.map((row) => row.message_id)).toEqual(order === 'asc' ? sorted : sorted.reverse());
    }
    const conversations = await find('kilo "number 7"', {}, '/v1/conversations');
    expect(conversations).toMatchObject([{ conversation_id: 'c-1', messages: 8 }]);
    expect(conversations[0].snippet).toEqual({
      text: 'kilo number 7',
      hits: [
        [0, 4],
        [5, 13],
      ],
    });
    for (const sort of ['last_message_at', 'credits']) {
      const rows = await walk(app, '/v1/conversations', { q: 'kilo', limit: 1, sort });
      expect(rows.map((row) => row.conversation_id).sort()).toEqual(['c-0', 'c-1', 'c-2']);
    }
  });

  it.each([
    ['nothing', ''],
    ['spaces', '   '],
    ['punctuation', '?! … ""'],
    ['more than 1,000 characters', 'x'.repeat(1_001)],
    ['10,000 characters', 'ab '.repeat(3_333)],
  ])('refuses %s', async (_, q) => {
    for (const path of ['/v1/messages', '/v1/conversations']) {
      const { status, body } = await app.get(address(path, { q }));
      expect(status).toBe(400);
      expect(body.errors).toMatchObject([{ field: 'q' }]);
    }
  });

  it('answers a thousand characters of anything', async () => {
    for (const q of [
      'x'.repeat(1_000),
      '字'.repeat(1_000),
      'qq '.repeat(333),
      `"${'the '.repeat(200)}`,
      'ﷺ'.repeat(500),
    ]) {
      expect(await find(q.slice(0, 1_000))).toEqual([]);
    }
  });
});
