import { type Archive, openArchive, walk } from './archive.js';

const WHEN = Date.parse('2026-10-10T10:00:00Z') / 1000;
const OCTOBER = 'period=2026-10&bucket=none';

describe('usage as of an instant', () => {
  let archive: Archive;
  beforeAll(async () => {
    archive = await openArchive(['a', 'b']);
  });
  beforeEach(() => archive.empty());
  afterAll(() => archive.app.close());

  const message = (id: string, total_credits?: string, more: object = {}) => ({
    conversation_id: `c${id}`,
    message_id: id,
    create_time: WHEN,
    ...(total_credits !== undefined && { usage: { credits: { total_credits } } }),
    ...more,
  });
  const seen = async (asOf: string | null) => {
    const { totals, completeness } = await archive.ask(`${OCTOBER}${asOf ? `&as_of=${asOf}` : ''}`);
    return [
      Number(totals.messages),
      totals.usage?.credits?.total_credits ?? null,
      totals.cost,
      Number(completeness.corrections),
      Number(completeness.messages_without_usage),
    ];
  };

  it('tells what was known then, prices too', async () => {
    const before = await archive.instant();
    await archive.deliver('a', message('1', '2'));
    await archive.deliver('a', message('2'));
    const stored = await archive.instant();
    await archive.price('a', '2026-01-01', 'USD', '0.5');
    await archive.deliver('a', message('2', '1'));
    const priced = await archive.instant();
    await archive.deliver('a', message('1', '0.5'));
    await archive.price('a', '2026-10-10', 'USD', '3');
    expect(await seen(before)).toEqual([0, null, [], 0, 0]);
    expect(await seen(stored)).toEqual([2, '2', [], 0, 1]);
    expect(await seen(priced)).toEqual([2, '3', [{ currency: 'USD', amount: '1.5' }], 0, 0]);
    expect(await seen(null)).toEqual([2, '1.5', [{ currency: 'USD', amount: '4.5' }], 1, 0]);
  });

  it('is unknown again where a revision withdrew what had been reported', async () => {
    await archive.deliver('a', message('1', '2'));
    const reported = await archive.instant();
    await archive.deliver('a', message('1', undefined, { usage: { tokens: { prompt_tokens: 1 } } }));
    const withdrawn = await archive.instant();
    expect((await seen(reported))[1]).toBe('2');
    expect((await seen(withdrawn))[1]).toBeNull();
    expect((await seen(null))[1]).toBeNull();
  });

  it('is inclusive, to the millisecond at which something was recorded', async () => {
    await archive.deliver('a', message('1', '2'));
    const { rows } = await archive.app.database.pool.query('select recorded_at from usage_entry');
    const at = rows[0].recorded_at as Date;
    expect((await seen(at.toISOString()))[0]).toBe(1);
    expect((await seen(at.toISOString().replace('Z', '999Z')))[0]).toBe(1);
    expect((await seen(new Date(at.getTime() - 1).toISOString()))[0]).toBe(0);
  });

  it('counts what waited in quarantine then, and when something last arrived', async () => {
    const before = await archive.instant();
    await archive.app.send('{', { headers: { authorization: 'Bearer token-of-the-agent-a' } });
    const waiting = await archive.instant();
    await archive.app.database.pool.query(
      `update delivery set quarantine = 'dismissed', quarantine_settled_at = clock_timestamp()`,
    );
    const dismissed = await archive.instant();
    await archive.deliver('b', message('1'));
    const month = new Date().toISOString().slice(0, 7);
    const completeness = async (asOf: string | null, more = '') =>
      (await archive.ask(`period=${month}&bucket=none${more}${asOf ? `&as_of=${asOf}` : ''}`)).completeness;
    expect(await completeness(before)).toMatchObject({ quarantined: 0n, last_delivery_at: null });
    const then = await completeness(waiting);
    expect(then).toMatchObject({ quarantined: 1n, last_delivery_at: expect.any(String) });
    expect(await completeness(dismissed)).toEqual({ ...then, quarantined: 0n });
    const now = await completeness(null);
    expect(now.quarantined).toBe(0n);
    expect(now.last_delivery_at > then.last_delivery_at).toBe(true);
    expect(await completeness(null, '&agent=a')).toMatchObject({ last_delivery_at: then.last_delivery_at });
    expect(await completeness(waiting, '&agent=b')).toMatchObject({
      quarantined: 0n,
      last_delivery_at: null,
    });
  });

  it('answers the same for ever, also of an instant at which deliveries were being written', async () => {
    let isWriting = true;
    const writers = Array.from({ length: 6 }, async (_, writer) => {
      for (let n = 0; isWriting; n++)
        await archive.deliver(writer % 2 ? 'a' : 'b', message(`${writer}-${n % 40}`, `${n}.5`));
    });
    const question = 'period=2026-10&group_by=conversation,message_type';
    const answers = new Map<string, unknown>();
    for (let n = 0; n < 15; n++) {
      // The very millisecond that it is: the answer has to wait for it to be over.
      const { rows } = await archive.app.database.pool.query('select clock_timestamp() as now');
      const asOf = (rows[0].now as Date).toISOString();
      answers.set(asOf, await archive.ask(`${question}&as_of=${asOf}`));
    }
    isWriting = false;
    await Promise.all(writers);
    const counts = new Set<unknown>();
    for (const [asOf, answer] of answers) {
      expect(await archive.ask(`${question}&as_of=${asOf}`)).toEqual(answer);
      counts.add((answer as { totals: { usage: unknown } }).totals.usage);
    }
    expect(counts.size).toBeGreaterThan(7);
  }, 60_000);

  it('keeps every page at the moment of the first, while deliveries are being written', async () => {
    for (let n = 0; n < 30; n++) await archive.deliver('a', message(`${n}`, '1'));
    let isWriting = true;
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let n = 0; isWriting; n++)
        await archive.deliver('a', message(`${(n * 4 + writer) % 60}`, `${n}.${writer}1`));
    });
    for (let n = 0; n < 3; n++) {
      for (const sort of ['start', 'credits']) {
        const question = `${OCTOBER}&group_by=conversation&sort=${sort}`;
        // The walk compares the totals of its pages; here its rows must add up to them.
        const { first, data } = await walk(archive, question, 7);
        const sum = data.reduce((total, row) => total + row.messages, 0n);
        expect(sum).toBe(first.totals.messages);
        const cents = (text: string) => BigInt(Math.round(Number(text) * 100));
        const credits = data.reduce((total, row) => total + cents(row.usage.credits.total_credits), 0n);
        expect(credits).toBe(cents(first.totals.usage.credits.total_credits));
      }
    }
    isWriting = false;
    await Promise.all(writers);
  }, 60_000);

  it('does not wait for a writer that hangs, where the instant is past', async () => {
    await archive.deliver('a', message('1', '1'));
    const asOf = await archive.instant();
    await archive.deliver('a', message('2', '1'));
    const client = await archive.app.database.pool.connect();
    await client.query('begin; select pg_advisory_xact_lock(4270001)');
    expect((await seen(asOf))[0]).toBe(1);
    await client.query('rollback');
    client.release();
  });
});
