import type pg from 'pg';
import { ADMIN, type Json, json, openClient, startTestApp, type TestApp } from '../harness.js';

const WRITER_LOCK = 4_270_001;
const HEADER = 'convoledger-recorded-by';

describe('Convoledger-Recorded-By', () => {
  let app: TestApp;
  let other: TestApp;
  let held: pg.Client;
  beforeAll(async () => {
    app = await startTestApp();
    other = await startTestApp({}, async () => app.databaseUrl);
    held = await openClient(app.databaseUrl);
  });
  afterEach(() => held.query('rollback'));
  afterAll(async () => {
    await held.end();
    await other.close();
    await app.close();
  });

  interface Answer {
    status: number;
    headers: Headers;
    recordedBy: Date;
    body: Json;
  }
  const ask = async (
    path: string,
    {
      to = app,
      as,
      method = 'GET',
      body,
    }: { to?: TestApp; as?: string; method?: string; body?: object } = {},
  ): Promise<Answer> => {
    const answer = await fetch(`${to.url}/v1/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${ADMIN}`,
        ...(as === undefined ? {} : { [HEADER]: as }),
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return {
      status: answer.status,
      headers: answer.headers,
      recordedBy: new Date(answer.headers.get(HEADER) ?? Number.NaN),
      body: answer.status === 204 ? null : await json(answer),
    };
  };
  const post = (path: string, body: object = {}) => ask(path, { method: 'POST', body });
  const price = (per_credit: string) => ({ from: '2026-01-01', currency: 'USD', per_credit });
  const clock = async (aheadMs = 0): Promise<string> => {
    const { rows } = await app.database.pool.query('select clock_timestamp() as now');
    return new Date((rows[0].now as Date).getTime() + aheadMs).toISOString();
  };

  /** Does what the writer does, with a price in place of a batch of deliveries, and does not commit. */
  const holdBatch = async (perCredit: string): Promise<string> => {
    await held.query(`begin; select pg_advisory_xact_lock(${WRITER_LOCK})`);
    const { rows } = await held.query(
      `update ledger_state
       set recorded_at = greatest(date_trunc('milliseconds', clock_timestamp()), recorded_at + interval '1 millisecond')
       returning recorded_at`,
    );
    const recordedAt = rows[0].recorded_at as Date;
    await held.query(
      `insert into credit_price (agent_id, from_day, currency, per_credit, recorded_at)
       values ('default', '2026-01-01', 'USD', $1, $2)`,
      [perCredit, recordedAt],
    );
    return recordedAt.toISOString();
  };
  const hasPrice = (answer: Answer, perCredit: string) =>
    answer.body.data.some((row: Json) => row.per_credit === perCredit);
  const recordedBeyond = async (instant: string, to: TestApp): Promise<Answer> => {
    for (;;) {
      const answer = await ask('agents/default/prices', { to });
      if (answer.recordedBy >= new Date(instant)) return answer;
    }
  };

  it('is in answers of 200, 404 and 410, at most two seconds old, and in no other', async () => {
    const ids = { conversation_id: 'erased', message_id: 'erased' };
    expect((await app.send({ ...ids, create_time: 1758900000 })).status).toBe(200);
    expect((await ask('conversations/erased', { method: 'DELETE' })).status).toBe(200);
    for (const [path, status] of [
      ['messages', 200],
      ['usage?format=csv', 200],
      ['messages/none', 404],
      ['nothing', 404],
      ['messages/erased', 410],
    ] as const) {
      const before = Date.parse(await clock());
      const answer = await fetch(`${app.url}/v1/${path}`, { headers: { authorization: `Bearer ${ADMIN}` } });
      expect([path, answer.status]).toEqual([path, status]);
      expect(answer.headers.get(HEADER)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(before - Date.parse(answer.headers.get(HEADER)!)).toBeLessThan(2_000);
    }
    expect((await ask('messages?limit=0')).headers.get(HEADER)).toBeNull();
    const webhook = await app.send({ ...ids, message_id: '2', create_time: 1758900000 });
    expect(webhook.headers.get(HEADER)).toBeNull();
  });

  it('includes after a change what it did, also for another process', async () => {
    const made = await post('agents', { id: 'made', name: 'Made' });
    expect(made.recordedBy >= new Date(made.body.created_at)).toBe(true);
    const key = await post('keys', { label: 'k', scopes: ['read'] });
    expect(key.recordedBy >= new Date(key.body.created_at)).toBe(true);
    const revoked = await ask(`keys/${key.body.key_id}`, { method: 'DELETE' });
    expect([revoked.status, revoked.recordedBy >= key.recordedBy]).toEqual([204, true]);
    const statement = await post('statements', { period: '2024-10', tz: 'UTC' });
    expect(statement.recordedBy >= new Date(statement.body.closed_at)).toBe(true);
    await app.send({ conversation_id: 'd', message_id: 'd', create_time: 1758900000 });
    const erased = await ask('conversations/d', { method: 'DELETE' });
    expect(erased.recordedBy >= new Date(erased.body.erased_at)).toBe(true);
    for (let n = 1; n <= 5; n++) {
      await ask('agents/default/prices', { to: other });
      const added = await post('agents/default/prices', price(`${n}.5`));
      expect(added.recordedBy >= new Date(added.body.recorded_at)).toBe(true);
      const seen = await ask('agents/default/prices', { to: other, as: added.headers.get(HEADER)! });
      expect([seen.status, hasPrice(seen, `${n}.5`)]).toEqual([200, true]);
      expect(seen.recordedBy >= added.recordedBy).toBe(true);
    }
  });

  it('never claims what a batch holds that is not committed', async () => {
    for (const to of [app, other]) await ask('agents/default/prices', { to });
    const recordedAt = await holdBatch('77');
    // Longer than a process keeps what it looked up.
    const until = Date.now() + 2_500;
    while (Date.now() < until) {
      for (const to of [app, other]) {
        const answer = await ask('agents/default/prices', { to });
        expect([answer.status, hasPrice(answer, '77')]).toEqual([200, false]);
        expect(answer.recordedBy < new Date(recordedAt)).toBe(true);
      }
    }
    await held.query('commit');
    for (const to of [app, other]) expect(hasPrice(await recordedBeyond(recordedAt, to), '77')).toBe(true);
  }, 20_000);

  it('answers as of the instant that comes back, or 503 while it is not reached', async () => {
    const recordedAt = await holdBatch('78');
    const early = await ask('agents/default/prices', { as: recordedAt });
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '1']);
    const waiting = ask('agents/default/prices', { as: recordedAt });
    await held.query('commit');
    const answer = await waiting;
    expect([answer.status, hasPrice(answer, '78')]).toEqual([200, true]);
    expect(answer.recordedBy >= new Date(recordedAt)).toBe(true);
  }, 20_000);

  it('includes what a change did while a batch is not committed', async () => {
    await holdBatch('79');
    const made = await post('agents', { id: 'beside', name: 'Beside a batch' });
    expect(made.status).toBe(201);
    expect(made.recordedBy >= new Date(made.body.created_at)).toBe(true);
    const listed = ask('agents/beside', { as: made.headers.get(HEADER)! });
    await held.query('commit');
    expect((await listed).status).toBe(200);
  }, 20_000);

  it('waits for an instant that is about to come, and for none that is further ahead', async () => {
    const soon = await clock(1_000);
    const waited = await ask('messages', { as: soon });
    expect([waited.status, waited.recordedBy >= new Date(soon)]).toEqual([200, true]);
    const later = await ask('messages', { as: await clock(10_000) });
    expect([later.status, later.headers.get('retry-after')]).toEqual([503, '10']);
    expect((await ask('messages', { as: await clock(59_000) })).status).toBe(503);
    expect((await ask('messages', { as: await clock(62_000) })).status).toBe(400);
  }, 20_000);

  it.each([
    '',
    'now',
    '2026-10-01',
    '2026-10-01T00:00:00',
    '2026-02-30T00:00:00Z',
    '2026-10-01T00:00:00Z, 2026-10-01T00:00:00Z',
    '1790000000',
  ])('refuses %j', async (as) => {
    const answer = await ask('messages', { as });
    expect([answer.status, answer.body.errors[0].field]).toEqual([400, 'Convoledger-Recorded-By']);
  });

  it.each(['0001-01-01T00:00:00Z', '2026-10-01t00:00:00.1234567890123+05:30'])(
    'takes any RFC 3339 instant: %j',
    async (as) => expect((await ask('messages', { as })).status).toBe(200),
  );

  it('is of the end of a wait for changes, not of its beginning', async () => {
    await ask('changes');
    const begun = await clock();
    const { next_cursor } = (await ask('changes?cursor=now')).body;
    const answer = await ask(`changes?cursor=${next_cursor}&wait=2`);
    expect(answer.body.data).toEqual([]);
    expect(answer.recordedBy > new Date(begun)).toBe(true);
  }, 20_000);

  it('does not go back while deliveries arrive, and lists of changes hold what it claims', async () => {
    let isWriting = true;
    const writing = (async () => {
      for (let n = 0; isWriting; n++)
        await app.send({ conversation_id: 'w', message_id: `w${n}`, create_time: 1758900000 });
    })();
    let last = new Date(0);
    const changes: Answer[] = [];
    for (let n = 0; n < 60; n++) {
      const answer = await ask('changes?cursor=now');
      expect(answer.recordedBy >= last).toBe(true);
      last = answer.recordedBy;
      changes.push(answer);
    }
    isWriting = false;
    await writing;
    // What is behind the end of a feed was recorded later than the feed claims.
    for (const { body, recordedBy } of changes) {
      const [next] = (await ask(`changes?cursor=${body.next_cursor}&limit=1`)).body.data;
      if (!next) continue;
      const { rows } = await app.database.pool.query('select recorded_at from change where position = $1', [
        String(next.position),
      ]);
      expect(rows[0].recorded_at > recordedBy).toBe(true);
    }
  }, 30_000);

  it('can be sent and read by pages of other origins', async () => {
    const cors = await startTestApp({ CORS_ORIGINS: 'https://page.example' });
    const preflight = await fetch(`${cors.url}/v1/messages`, {
      method: 'OPTIONS',
      headers: { origin: 'https://page.example', 'access-control-request-method': 'GET' },
    });
    expect(preflight.headers.get('access-control-allow-headers')).toContain(HEADER);
    const answer = await fetch(`${cors.url}/v1/messages`, {
      headers: { origin: 'https://page.example', authorization: `Bearer ${ADMIN}` },
    });
    expect(answer.headers.get('access-control-expose-headers')).toContain(HEADER);
    await cors.close();
  });
});
