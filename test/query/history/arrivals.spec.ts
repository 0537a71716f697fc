import { createHash } from 'node:crypto';
import { ADMIN, type Json, json, startTestApp, type TestApp } from '../../harness.js';
import { addAgent, readToken, send, walk } from './archive.js';

const body = (message_id: string, conversation_id: string, more: object = {}) => ({
  message_id,
  conversation_id,
  create_time: 1_790_000_000,
  output: [{ content: { text: 'hello' } }],
  ...more,
});

describe('the list of what arrived', () => {
  let app: TestApp;
  const list = async (query: string, token = ADMIN): Promise<Json> =>
    (await app.get(`/v1/deliveries?${query}`, token)).body;
  const outcomes = ({ data }: Json) => data.map((row: Json) => [row.message_id, row.outcome]);

  beforeAll(async () => {
    app = await startTestApp();
    await addAgent(app, 'other');
    // The first to arrive is dated last, so that the order of arrival differs from that of create_time.
    await app.send(body('a', 'c', { create_time: 1_790_000_900 }));
    await app.send(body('b', 'c'));
    await app.send(body('b', 'c'));
    await app.send(body('b', 'c', { output: [{ content: { text: 'hello again' } }] }));
    await app.send({ conversation_id: 'c', message_id: 'unreadable' });
    await send(app, 'other', body('of other', 'c2'));
  }, 20_000);
  afterAll(() => app.close());

  it('has every delivery, the newest arrival first', async () => {
    expect(outcomes(await list(''))).toEqual([
      ['of other', 'stored'],
      ['unreadable', 'refused'],
      ['b', 'revised'],
      ['b', 'repeated'],
      ['b', 'stored'],
      ['a', 'stored'],
    ]);
    expect((await list('order=asc')).data).toEqual((await list('')).data.toReversed());
  });

  it('names each by what its bytes can be found and checked with', async () => {
    const [refused, revised] = (await list('agent=default')).data;
    const answer = await fetch(`${app.url}/v1/deliveries/${revised.delivery_id}/body`, {
      headers: { authorization: `Bearer ${ADMIN}` },
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(revised).toEqual({
      delivery_id: expect.any(String),
      agent: 'default',
      received_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      outcome: 'revised',
      conversation_id: 'c',
      message_id: 'b',
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    expect(refused).toMatchObject({ outcome: 'refused', state: 'waiting' });
  });

  it.each([
    ['outcome=stored', ['of other', 'b', 'a']],
    ['outcome=repeated', ['b']],
    ['outcome=refused,revised', ['unreadable', 'b']],
    ['outcome=stored,repeated&agent=default', ['b', 'b', 'a']],
    ['outcome=backfilled', []],
    ['from=2000-01-01&to=2000-02-01', []],
    ['agent=other', ['of other']],
  ])('is cut by %s', async (query, ids) => {
    expect((await list(query)).data.map((row: Json) => row.message_id)).toEqual(ids);
  });

  it.each([
    'outcome=',
    'outcome=lost',
    'outcome=stored,stored',
    'order=up',
    'agent=nobody',
    'sort=x',
    'to=2026-01-01&from=2026-01-01',
  ])('refuses %s', async (query) => {
    expect((await app.get(`/v1/deliveries?${query}`)).status).toBe(400);
  });

  it('shows a key of one agent that agent alone, and takes no cursor of another question', async () => {
    expect((await list('', readToken('other'))).data.map((row: Json) => row.agent)).toEqual(['other']);
    expect((await app.get('/v1/deliveries?agent=default', readToken('other'))).status).toBe(403);
    const { next_cursor: cursor } = await list('limit=1');
    expect((await app.get(`/v1/deliveries?limit=1&order=asc&cursor=${cursor}`)).status).toBe(400);
    expect((await app.get(`/v1/messages?limit=1&cursor=${cursor}`)).status).toBe(400);
  });

  it('names no ids of an erased conversation', async () => {
    await app.send(body('to erase', 'erased conversation'));
    const erased = await fetch(`${app.url}/v1/conversations/erased%20conversation`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${ADMIN}` },
    });
    expect(erased.status).toBe(200);
    await json(erased);
    const [row] = (await list('limit=1')).data;
    expect(row).toMatchObject({ outcome: 'stored', conversation_id: null, message_id: null });
  });

  it.each(['asc', 'desc'])('has each that was there once while others arrive, %s', async (order) => {
    const ids = (rows: Json[]) => rows.map((row) => row.delivery_id);
    const there = ids(await walk(app, '/v1/deliveries', { limit: 200 }));
    let n = 0;
    const arrive = async () => {
      if (n < 20) await app.send(body(`new ${order} ${n++}`, 'c'));
    };
    const seen = ids(await walk(app, '/v1/deliveries', { order, limit: 2 }, { meanwhile: arrive }));
    expect(n).toBeGreaterThan(0);
    expect(new Set(seen).size).toBe(seen.length);
    expect(there.filter((id) => !seen.includes(id))).toEqual([]);
  });
});
