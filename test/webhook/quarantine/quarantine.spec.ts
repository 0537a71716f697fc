import { createHash } from 'node:crypto';
import { ADMIN, INGEST, type Json, json, startTestApp, type TestApp } from '../../harness.js';
import { call } from '../../post.js';

const message = (id: string, more: object = {}) => ({
  conversation_id: `conversation of ${id}`,
  message_id: id,
  create_time: 1_758_900_000,
  text: 'hello',
  ...more,
});

describe('quarantine', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  /** Has a body refused and gives the id under which it waits. */
  const refuse = async (body: unknown): Promise<string> => {
    const answer = await app.send(body);
    expect(answer.status).toBe(400);
    return (await json(answer)).delivery_id;
  };
  const post = async (path: string, body?: unknown, token = ADMIN) => {
    const answer = await fetch(`${app.url}/v1/quarantine${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Json };
  };
  const one = (id: string) => app.get(`/v1/quarantine/${id}`);
  const size = async () => {
    const [row] = await app.database.prisma.quarantineSize.findMany();
    return { deliveries: Number(row?.deliveries ?? 0), bytes: Number(row?.bytes ?? 0) };
  };
  /** As if a rule had been relaxed since: the bytes can be read now. */
  const mend = async (id: string, body: object) =>
    app.database.pool.query('update delivery set body = $2, sha256 = $3 where id = $1', [
      id,
      Buffer.from(JSON.stringify(body)),
      createHash('sha256').update(JSON.stringify(body)).digest(),
    ]);

  it('shows what waits, with the bytes as they came', async () => {
    const text = '{"message_id":"shown"}';
    const id = await refuse(text);
    const item = {
      delivery_id: id,
      agent: 'default',
      received_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*\.\d{3}Z$/),
      state: 'waiting',
      problems: expect.arrayContaining([{ field: 'conversation_id', problem: expect.any(String) }]),
      message_id: 'shown',
      bytes: text.length,
      sha256: createHash('sha256').update(text).digest('hex'),
    };
    expect(await one(id)).toEqual({ status: 200, body: { ...item, body: text } });
    const { body } = await app.get('/v1/quarantine');
    expect(body.data).toContainEqual(item);
  });

  it('shows bytes that are no text as base64', async () => {
    const bytes = Uint8Array.from([0xff, 0, 0x7b]);
    const { body } = await one(await refuse(bytes));
    expect(body.body).toBeUndefined();
    expect(Buffer.from(body.body_base64, 'base64')).toEqual(Buffer.from(bytes));
  });

  it('keeps the same bytes once, however often they are refused', async () => {
    const before = await size();
    const ids = [];
    for (let times = 0; times < 3; times++) ids.push(await refuse('the same nonsense'));
    const all = await Promise.all(Array.from({ length: 5 }, () => refuse('the same nonsense')));
    expect(await size()).toEqual({ deliveries: before.deliveries + 8, bytes: before.bytes + 17 });
    for (const id of [...ids, ...all]) expect((await one(id)).body.body).toBe('the same nonsense');
  });

  it('lists newest first, page by page', async () => {
    const ids = [];
    for (let n = 0; n < 5; n++) ids.unshift(await refuse(`page ${n}`));
    const walked: string[] = [];
    let cursor = '';
    do {
      const { body } = await app.get(`/v1/quarantine?limit=2${cursor}`);
      walked.push(...body.data.map((item: Json) => item.delivery_id));
      cursor = body.next_cursor && `&cursor=${body.next_cursor}`;
    } while (cursor);
    expect(walked.slice(0, 5)).toEqual(ids);
    expect(new Set(walked).size).toBe(walked.length);
  });

  it('stores a replayed delivery as one that came at its first arrival', async () => {
    const id = await refuse('replay me');
    const { received_at } = (await one(id)).body;
    await mend(id, message('mended', { usage: { credits: { total_credits: '0.25' } } }));
    const before = await size();
    const { status, body } = await post(`/${id}/replay`);
    expect([status, body]).toMatchObject([
      200,
      { state: 'stored', outcome: 'stored', message_id: 'mended', received_at },
    ]);
    expect((await app.get('/v1/messages/mended')).body).toMatchObject({ received_at, text: 'hello' });
    const { data } = (await app.get('/v1/messages/mended/deliveries')).body;
    expect(data).toMatchObject([{ delivery_id: id, outcome: 'stored' }]);
    expect(data[0].body).toContain('mended');
    expect((await size()).deliveries).toBe(before.deliveries - 1);
    expect((await app.get('/v1/quarantine?state=stored')).body.data).toMatchObject([{ delivery_id: id }]);
    expect((await post(`/${id}/replay`)).status).toBe(409);
    expect((await post(`/${id}/dismiss`, { reason: 'too late' })).status).toBe(409);
    // What came through the door counts once: the same bytes again are a repeat.
    expect(
      (await app.send(message('mended', { usage: { credits: { total_credits: '0.25' } } }))).status,
    ).toBe(200);
    expect((await app.get('/v1/messages/mended')).body.revision).toBe(1);
  });

  it('does not let a replayed body undo one that came after it', async () => {
    const id = await refuse('older');
    await mend(id, message('overtaken', { text: 'older', usage: { credits: { total_credits: 1 } } }));
    const newer = { text: 'newer', output: [{ content: 'new' }], usage: { credits: { total_credits: 2 } } };
    await app.send(message('overtaken', newer));
    expect((await post(`/${id}/replay`)).body).toMatchObject({ state: 'stored', outcome: 'revised' });
    expect((await app.get('/v1/messages/overtaken')).body).toMatchObject({
      text: 'newer',
      output: [{ content: { text: 'new' } }],
      usage: { credits: { total_credits: '2' } },
      revision: 2,
    });
  });

  it('stores one of two shared bytes with bytes of its own', async () => {
    const first = await refuse('shared');
    const second = await refuse('shared');
    await mend(first, message('shared'));
    const { rows } = await app.database.pool.query('select sha256 from delivery where id = $1', [first]);
    await app.database.pool.query('update delivery set sha256 = $2 where id = $1', [second, rows[0].sha256]);
    expect((await post(`/${second}/replay`)).body.outcome).toBe('stored');
    expect((await post(`/${first}/replay`)).body.outcome).toBe('repeated');
    const { data } = (await app.get('/v1/messages/shared/deliveries')).body;
    for (const delivery of data) expect(delivery.body).toBe(JSON.stringify(message('shared')));
  });

  it('leaves a delivery waiting that is refused again, with the problems of now', async () => {
    const id = await refuse('still bad');
    await mend(id, { message_id: 'still bad' });
    const { status, body } = await post(`/${id}/replay`);
    expect([status, body.state]).toEqual([200, 'waiting']);
    expect(body.problems.map((problem: Json) => problem.field)).toContain('conversation_id');
  });

  it('replays everything that waits, and counts', async () => {
    const waiting = (await size()).deliveries;
    const id = await refuse('one of all');
    await mend(id, message('one of all'));
    expect(await post('/replay')).toEqual({
      status: 200,
      body: { replayed: waiting + 1, stored: 1, waiting, next_cursor: null },
    });
    expect((await one(id)).body.state).toBe('stored');
  });

  it('dismisses with a reason, once, and keeps the bytes', async () => {
    const id = await refuse('of no use');
    const { status, body } = await post(`/${id}/dismiss`, { reason: 'a test of ours' });
    expect([status, body]).toMatchObject([
      200,
      { state: 'dismissed', reason: 'a test of ours', body: 'of no use' },
    ]);
    expect((await post(`/${id}/dismiss`, { reason: 'again' })).status).toBe(409);
    expect((await post(`/${id}/replay`)).status).toBe(409);
    const { data } = (await app.get('/v1/quarantine?state=dismissed')).body;
    expect(data.map((item: Json) => item.delivery_id)).toEqual([id]);
  });

  it.each([[undefined], [{}], [{ reason: '' }], [{ reason: 7 }], [{ reason: 'x', more: 1 }]])(
    'refuses the dismissal %j',
    async (reason) => {
      expect((await post(`/${await refuse('dismiss me not')}/dismiss`, reason)).status).toBe(400);
    },
  );

  it('is for administrators, knows its ids, and refuses what it does not know', async () => {
    const id = await refuse('guarded');
    expect((await app.get(`/v1/quarantine/${id}`, INGEST)).status).toBe(403);
    expect((await post(`/${id}/replay`, undefined, INGEST)).status).toBe(403);
    for (const unknown of ['x', '01a00000-0000-7000-8000-000000000000'])
      for (const [action, body] of [
        ['/replay', undefined],
        ['/dismiss', { reason: 'x' }],
      ] as const)
        expect((await post(`/${unknown}${action}`, body)).status).toBe(404);
    for (const query of ['state=lost', 'agent=nobody', 'limit=0', 'cursor=x', 'more=1'])
      expect((await app.get(`/v1/quarantine?${query}`)).status).toBe(400);
  });

  it('says who settled a body, when and why, also after the key has another label', async () => {
    const { body: keys } = await app.get('/v1/keys');
    const { key_id, label } = keys.data.find(({ scopes }: Json) => scopes.includes('admin'));
    const [stored, dismissed] = [await refuse('settled: stored'), await refuse('settled: dismissed')];
    expect((await one(stored)).body).not.toHaveProperty('settled_by');
    await mend(stored, message('settled: stored'));
    await post(`/${stored}/replay`);
    await post(`/${dismissed}/dismiss`, { reason: 'enough' });
    await app.database.pool.query(`update api_key set label = 'another' where id = $1`, [key_id]);
    const settled = { settled_by: { key_id, label }, settled_at: expect.stringMatching(/^20.*Z$/) };
    expect((await one(stored)).body).toMatchObject({ ...settled, outcome: 'stored', reason: null });
    expect((await one(dismissed)).body).toMatchObject({ ...settled, reason: 'enough' });
    await app.database.pool.query('update api_key set label = $2 where id = $1', [key_id, label]);
  });

  it('says who settled a body by erasing its conversation', async () => {
    await app.send(message('erased with it'));
    const id = await refuse({ ...message('refused with it'), ...{ create_time: 'never' } });
    await app.database.pool.query('update delivery set conversation_id = $2 where id = $1', [
      id,
      'conversation of erased with it',
    ]);
    await call(app, 'DELETE', '/v1/conversations/conversation%20of%20erased%20with%20it');
    expect((await one(id)).body).toMatchObject({
      state: 'dismissed',
      reason: 'erased',
      settled_by: { label: expect.any(String) },
    });
    // What names an erased message and cannot be read never waits.
    const again = await refuse({ ...message('erased with it'), create_time: 'never' });
    expect((await one(again)).body).toMatchObject({
      state: 'dismissed',
      reason: 'erased',
      settled_by: null,
      settled_at: expect.any(String),
    });
  });

  it('is audited', async () => {
    const id = await refuse('audited');
    await post(`/${id}/replay`);
    await post(`/${id}/dismiss`, { reason: 'enough' });
    const events = await app.database.prisma.auditEvent.findMany({ where: { subject: id } });
    expect(events.map(({ action }) => action)).toEqual(['delivery.replayed', 'delivery.dismissed']);
  });

  it('tells 503 for what it has no room for, keeps nothing of it, and goes on storing what is good', async () => {
    await app.database.pool.query('update quarantine_size set bytes = bytes + 2147483648');
    const count = await app.database.prisma.delivery.count();
    const answer = await app.send('no room for this');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await json(answer)).msg).toContain('quarantine');
    expect(await app.database.prisma.delivery.count()).toBe(count);
    expect((await app.send(message('good all the same'))).status).toBe(200);
    await app.database.pool.query('update quarantine_size set bytes = bytes - 2147483648');
    await refuse('there is room again');
  });
});

describe('all of a kind that waits', () => {
  let app: TestApp;
  let other: string;
  beforeAll(async () => {
    app = await startTestApp();
    await call(app, 'POST', '/v1/agents', { id: 'sales', name: 'Sales' });
    other = (await call(app, 'POST', '/v1/keys', { label: 'sales', scopes: ['ingest'], agent: 'sales' })).body
      .token;
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    await call(app, 'POST', '/v1/quarantine/dismiss', { reason: 'clean' });
  });

  const waiting = async (query = '') =>
    (await app.get(`/v1/quarantine?limit=200${query}`)).body.data.map(({ message_id }: Json) => message_id);
  const refuse = async (body: object, token = INGEST) =>
    expect((await app.send(body, { headers: { authorization: `Bearer ${token}` } })).status).toBe(400);
  const notATime = (id: string) => message(id, { create_time: 'never' });
  const noConversation = (id: string) => message(id, { conversation_id: undefined });

  it('is dismissed with one reason, by agent and by problem, and audited', async () => {
    for (const body of [notATime('a'), notATime('b'), noConversation('c'), message('d')])
      if (body.message_id === 'd') expect((await app.send(body)).status).toBe(200);
      else await refuse(body);
    await refuse(notATime('e'), other);
    const dismiss = async (query: string) =>
      (await call(app, 'POST', `/v1/quarantine/dismiss?${query}`, { reason: 'wrong clock' })).body;
    expect(await dismiss('agent=sales&problem=conversation_id')).toEqual({ dismissed: 0, next_cursor: null });
    expect(await dismiss('agent=default&problem=create_time')).toEqual({ dismissed: 2, next_cursor: null });
    expect(await waiting()).toEqual(['e', 'c']);
    expect(await dismiss('problem=required')).toEqual({ dismissed: 2, next_cursor: null });
    expect(await waiting()).toEqual([]);
    const { data } = (await app.get('/v1/quarantine?state=dismissed&agent=sales')).body;
    expect(data).toMatchObject([
      { message_id: 'e', reason: 'wrong clock', settled_by: { label: expect.any(String) } },
    ]);
    const audit = (await app.get('/v1/audit')).body.data;
    expect(audit.filter(({ action }: Json) => action === 'quarantine.dismissed').slice(0, 3)).toMatchObject([
      { agent: expect.any(String), details: { reason: 'wrong clock', problem: 'required', dismissed: 1 } },
      { agent: expect.any(String), details: { reason: 'wrong clock', problem: 'required', dismissed: 1 } },
      { agent: 'default', details: { reason: 'wrong clock', problem: 'create_time', dismissed: 2 } },
    ]);
  });

  it('is found by the sentence of a problem as an error says it', async () => {
    await refuse(notATime('f'));
    const [item] = (await app.get('/v1/quarantine')).body.data;
    const [{ field, problem }] = item.problems;
    const query = new URLSearchParams({ problem: `${field} ${problem}` });
    expect((await call(app, 'POST', `/v1/quarantine/dismiss?${query}`, { reason: 'x' })).body.dismissed).toBe(
      1,
    );
  });

  it('is dismissed in steps, each of which is one transaction', async () => {
    await app.database.pool.query(
      `insert into delivery (agent_id, received_at, id, outcome, quarantine, sha256, bytes, body, problems, recorded_at)
       select 'default', date_trunc('milliseconds', now()), ('01a00000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'refused', 'waiting',
         sha256(n::text::bytea), 1, 'x', '[{"field":"body","problem":"must be JSON"}]', now()
       from generate_series(1, 1203) n`,
    );
    await refuse(notATime('kept'));
    expect(
      (await call(app, 'POST', '/v1/quarantine/dismiss?problem=body', { reason: 'noise' })).body,
    ).toEqual({ dismissed: 1203, next_cursor: null });
    expect(await waiting()).toEqual(['kept']);
  });

  it('is replayed by agent', async () => {
    await refuse(notATime('g'));
    await refuse(notATime('h'), other);
    const replay = async (query: string) => (await call(app, 'POST', `/v1/quarantine/replay?${query}`)).body;
    expect(await replay('agent=sales')).toEqual({ replayed: 1, stored: 0, waiting: 1, next_cursor: null });
    expect(await replay('agent=default')).toMatchObject({ replayed: 1 });
    expect(await replay('')).toMatchObject({ replayed: 2 });
    const [event] = (await app.get('/v1/audit')).body.data.filter(({ agent }: Json) => agent === 'sales');
    expect(event).toMatchObject({ action: 'quarantine.replayed' });
  });

  it.each([
    ['/replay?agent=nobody', undefined],
    ['/replay?problem=x', undefined],
    ['/replay?cursor=x', undefined],
    ['/dismiss?agent=nobody', { reason: 'x' }],
    ['/dismiss?problem=', { reason: 'x' }],
    ['/dismiss?state=waiting', { reason: 'x' }],
    ['/dismiss?cursor=x', { reason: 'x' }],
    ['/dismiss', undefined],
    ['/dismiss', { reason: ' ' }],
    ['/dismiss', { reason: 'x', agent: 'default' }],
  ])('is not dismissed or replayed by %s with %j', async (path, body) => {
    await refuse(notATime('stays'));
    expect((await call(app, 'POST', `/v1/quarantine${path}`, body)).status).toBe(400);
    expect(await waiting()).toEqual(['stays']);
  });
});
