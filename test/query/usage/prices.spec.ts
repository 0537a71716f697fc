import type { Json } from '../../harness.js';
import { type Archive, openArchive, walk } from './archive.js';

const at = (instant: string) => Date.parse(instant) / 1000;
const OCTOBER = 'period=2026-10&bucket=none';

describe('the price that holds', () => {
  let archive: Archive;
  let sent = 0;
  beforeAll(async () => {
    archive = await openArchive(['a', 'b']);
  });
  beforeEach(() => archive.empty());
  afterAll(() => archive.app.close());

  const send = (day: string, total_credits: string | null, agent = 'a', more: object = {}) =>
    archive.deliver(agent, {
      conversation_id: 'c',
      message_id: `${++sent}`,
      create_time: at(`${day}T12:00:00Z`),
      ...(total_credits !== null && { usage: { credits: { total_credits } } }),
      ...more,
    });
  const costOf = async (more = '') => {
    const { totals, completeness } = await archive.ask(`${OCTOBER}${more}`);
    return [
      Object.fromEntries(totals.cost.map((cost: Record<string, string>) => [cost.currency, cost.amount])),
      completeness.unpriced_credits,
    ];
  };

  it('is one per agent and day: another currency ends the former price', async () => {
    for (const day of ['2026-10-05', '2026-10-15', '2026-10-25']) await send(day, '10');
    await archive.price('a', '2026-10-01', 'USD', '0.5');
    expect(await costOf()).toEqual([{ USD: '15' }, '0']);
    await archive.price('a', '2026-10-15', 'EUR', '2');
    // 10 · 0.5 on the 5th; 10 · 2 on the 15th and on the 25th.
    expect(await costOf()).toEqual([{ EUR: '40', USD: '5' }, '0']);
    const { data } = await archive.ask('period=2026-10&bucket=day');
    expect(data.filter(({ cost }: { cost: unknown[] }) => cost.length > 1)).toEqual([]);
  });

  it('is, of several for one day, the one added last, whatever its currency', async () => {
    await send('2026-10-05', '10');
    await archive.price('a', '2026-10-01', 'USD', '0.5');
    await archive.price('a', '2026-10-01', 'EUR', '0.25');
    expect(await costOf()).toEqual([{ EUR: '2.5' }, '0']);
    await archive.price('a', '2026-10-01', 'USD', '0.125');
    expect(await costOf()).toEqual([{ USD: '1.25' }, '0']);
    // One for an earlier day that is added later does not hold on the 5th.
    await archive.price('a', '2026-09-01', 'GBP', '9');
    expect(await costOf()).toEqual([{ USD: '1.25' }, '0']);
  });

  it('may be 0, which is a price', async () => {
    await send('2026-10-05', '10');
    await archive.price('a', '2026-10-01', 'USD', '0');
    expect(await costOf()).toEqual([{ USD: '0' }, '0']);
  });

  it('is each agent’s own, so a sum of agents may have several currencies', async () => {
    await send('2026-10-05', '10');
    await send('2026-10-05', '3', 'b');
    await archive.price('a', '2026-10-01', 'USD', '1');
    await archive.price('b', '2026-10-01', 'EUR', '1');
    expect(await costOf()).toEqual([{ EUR: '3', USD: '10' }, '0']);
  });

  it('is of the local day', async () => {
    // 2026-10-14T22:30Z is the 15th in Berlin.
    await send('2026-10-14', '7', 'a', { create_time: at('2026-10-14T22:30:00Z') });
    await archive.price('a', '2026-10-15', 'EUR', '1');
    expect(await costOf('&tz=UTC')).toEqual([{}, '7']);
    expect(await costOf('&tz=Europe/Berlin')).toEqual([{ EUR: '7' }, '0']);
  });

  it('is missing for some credits: their sum is told for the whole range, with every filter, on every page', async () => {
    expect(await costOf()).toEqual([{}, '0']);
    await send('2026-10-05', null);
    expect(await costOf()).toEqual([{}, '0']);
    await send('2026-10-05', '0.25', 'a', { conversation_id: 'early' });
    await send('2026-10-15', '10', 'a', { conversation_id: 'late' });
    await send('2026-10-05', '0.000000000000000000000000000001', 'b', { message_type: 'QUESTION' });
    await send('2026-11-05', '99', 'b');
    await archive.price('a', '2026-10-10', 'USD', '1');
    expect(await costOf()).toEqual([{ USD: '10' }, '0.250000000000000000000000000001']);
    expect(await costOf('&agent=a')).toEqual([{ USD: '10' }, '0.25']);
    expect(await costOf('&agent=b')).toEqual([{}, '0.000000000000000000000000000001']);
    expect(await costOf('&agent=a&conversation_id=early')).toEqual([{}, '0.25']);
    expect(await costOf('&agent=a&conversation_id=late')).toEqual([{ USD: '10' }, '0']);
    expect(await costOf('&message_type=QUESTION')).toEqual([{}, '0.000000000000000000000000000001']);
    const { first, data } = await walk(archive, `${OCTOBER}&group_by=conversation,message_type`, 1);
    expect(data.length).toBe(4);
    expect(first.completeness.unpriced_credits).toBe('0.250000000000000000000000000001');
  });

  it('as of an instant is one that was known then, and stays that', async () => {
    await send('2026-10-05', '10');
    const none = await archive.instant();
    await archive.price('a', '2026-10-01', 'USD', '0.5');
    const dollars = await archive.instant();
    await archive.price('a', '2026-10-01', 'EUR', '2');
    await archive.price('a', '2026-10-06', 'EUR', '3');
    expect(await costOf(`&as_of=${none}`)).toEqual([{}, '10']);
    expect(await costOf(`&as_of=${dollars}`)).toEqual([{ USD: '5' }, '0']);
    expect(await costOf()).toEqual([{ EUR: '20' }, '0']);
  });

  it('is on every page the one of the first, while prices are added', async () => {
    for (const conversation_id of ['1', '2', '3']) await send('2026-10-05', '1', 'a', { conversation_id });
    await archive.price('a', '2026-10-01', 'USD', '1');
    const question = `${OCTOBER}&group_by=conversation&limit=1`;
    const first = await archive.ask(question);
    await archive.price('a', '2026-10-01', 'EUR', '2');
    const second = await archive.ask(`${question}&cursor=${first.next_cursor}`);
    expect(second.totals).toEqual(first.totals);
    expect(second.data[0].cost).toEqual([{ currency: 'USD', amount: '1' }]);
  });

  it('is what a conversation costs, by local days of the zone that is asked for, else of reports', async () => {
    await send('2026-10-05', '10', 'a', { conversation_id: 'priced' });
    // The 15th in Berlin.
    await send('2026-10-14', '1', 'a', {
      conversation_id: 'priced',
      create_time: at('2026-10-14T22:30:00Z'),
    });
    await send('2026-10-05', '0', 'a', { conversation_id: 'free' });
    await send('2026-10-05', null, 'a', { conversation_id: 'silent' });
    await send('2026-10-05', '10', 'b', { conversation_id: 'unpriced' });
    await archive.price('a', '2026-10-01', 'USD', '0.000000000000000000000000000003');
    await archive.price('a', '2026-10-15', 'EUR', '2');
    const list = async (more: string) => {
      const { body } = await archive.app.get(`/v1/conversations?${more}`);
      return Object.fromEntries(body.data.map((row: Json) => [row.conversation_id, row.cost]));
    };
    const others = { free: [{ currency: 'USD', amount: '0' }], silent: [], unpriced: [] };
    const inUtc = [{ currency: 'USD', amount: '0.000000000000000000000000000033' }];
    const inBerlin = [
      { currency: 'EUR', amount: '2' },
      { currency: 'USD', amount: '0.00000000000000000000000000003' },
    ];
    expect(await list('')).toEqual({ ...others, priced: inUtc });
    expect(await list('sort=credits&tz=Europe/Berlin')).toEqual({ ...others, priced: inBerlin });
    const one = (await archive.app.get('/v1/conversations/priced')).body;
    expect(one.cost).toEqual(inUtc);
    expect((await archive.app.get('/v1/conversations/unpriced')).body.cost).toEqual([]);
    await send('2026-10-05', null, 'a', { conversation_id: 'found', text: 'needle' });
    await send('2026-10-05', '2', 'a', { conversation_id: 'found' });
    await archive.price('a', '2026-10-02', 'CHF', '1');
    expect(await list('q=needle')).toEqual({ found: [{ currency: 'CHF', amount: '2' }] });
  });
});
