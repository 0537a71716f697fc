import { createHash, randomUUID } from 'node:crypto';
import { eraseConversation } from '../../src/erasure/erase-conversation.js';
import { ADMIN, INGEST, type Json, json, startTestApp, type TestApp } from '../harness.js';
import { tablesWith } from './marker.js';

const SUCCESS = '{"code":200,"msg":"success"}';
const MARKER = 'Zwetschgenmarmelade';

describe('erasing a conversation', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  const message = (conversation: string, id: string, more: object = {}) => ({
    conversation_id: conversation,
    message_id: id,
    create_time: 1_758_900_000,
    text: `I like ${MARKER}.`,
    output: [
      {
        from_component_name: `A ${MARKER}`,
        content: {
          text: MARKER,
          audio: [{ audio: 'https://a.example', transcript: MARKER }],
          image: [MARKER],
        },
      },
    ],
    usage: { tokens: { total_tokens: 7 }, credits: { total_credits: '0.1000000000000000000000000001' } },
    ...more,
  });
  const deliver = async (body: unknown) => expect(await (await app.send(body)).text()).toBe(SUCCESS);
  const erase = async (path: string, token = ADMIN): Promise<{ status: number; body: Json }> => {
    const answer = await fetch(`${app.url}/v1/conversations/${path}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
    });
    return { status: answer.status, body: await answer.json() };
  };
  const status = async (path: string) => (await app.get(path)).status;
  const usage = async () => {
    const { totals, data } = (await app.get('/v1/usage?from=2025-09-26&to=2025-09-28')).body;
    return { totals, data };
  };
  const changes = () =>
    app.database.prisma.change.findMany({ where: { kind: 'erased' }, orderBy: { position: 'asc' } });

  it('leaves no byte of what was said, while every sum stays', async () => {
    const first = message('said', 'said 1');
    await deliver(first);
    await deliver(first);
    await deliver({ ...first, text: `Better ${MARKER}` });
    await deliver(message('said', 'said 2', { usage: undefined }));
    await deliver(message('other', 'other 1', { text: 'kept', output: [] }));
    // So many words that the search keeps them in parts.
    const words = Array.from({ length: 20_000 }, (_, n) => `${MARKER}${n}`).join(' ');
    await deliver(message('said', 'said long', { text: words, output: [], usage: undefined }));
    expect((await app.send({ ...message('said', 'said 3'), create_time: 'never' })).status).toBe(400);
    expect((await app.send({ ...message('unknown', 'said 2'), conversation_id: 7 })).status).toBe(400);
    const broken = `{"conversation_id": "said", "text": "${MARKER}`;
    expect((await app.send(broken)).status).toBe(400);
    const before = await usage();
    expect(await tablesWith(app.database.pool, MARKER)).toEqual([
      'delivery',
      'flow_output',
      'message',
      'search_part',
    ]);
    expect((await app.get(`/v1/messages?q=${MARKER}`)).body.data).toHaveLength(2);

    const { status: code, body: receipt } = await erase('said');
    expect(code).toBe(200);
    expect(receipt).toEqual({
      agent: 'default',
      conversation_id: 'said',
      erased_at: expect.stringMatching(/^\d{4}-.*Z$/),
      messages: 3,
      pieces: 2,
      deliveries: 4,
      quarantined: 3,
      unattributed_bodies: 0,
    });
    expect(await tablesWith(app.database.pool, MARKER)).toEqual([]);
    expect((await app.get(`/v1/messages?q=${MARKER}`)).body.data).toEqual([]);
    expect((await app.get(`/v1/conversations?q=${MARKER}`)).body.data).toEqual([]);
    expect(await usage()).toEqual(before);
    expect(await app.database.prisma.usageEntry.count({ where: { conversationId: 'said' } })).toBe(1);
    expect(await app.database.prisma.delivery.count({ where: { quarantine: 'waiting' } })).toBe(0);
    const size = await app.database.prisma.quarantineSize.findFirstOrThrow();
    expect([size.deliveries, size.bytes]).toEqual([0n, 0n]);
  });

  it('answers 410 for what was erased, and leaves it out of every list', async () => {
    for (const path of [
      '/v1/messages/said%201',
      '/v1/messages/said%201/deliveries',
      '/v1/conversations/said',
      '/v1/conversations/said/messages',
      '/v1/conversations/said/transcript',
    ]) {
      expect([path, await status(path)]).toEqual([path, 410]);
    }
    const { data: conversations } = (await app.get('/v1/conversations')).body;
    expect(conversations.map((row: Json) => row.conversation_id)).toEqual(['other']);
    expect((await app.get('/v1/messages')).body.data.map((row: Json) => row.message_id)).toEqual(['other 1']);
    expect((await app.get('/v1/messages?conversation_id=said')).body.data).toEqual([]);
    for (const format of ['ndjson', 'csv']) {
      const file = await fetch(`${app.url}/v1/export?kind=messages&format=${format}`, {
        headers: { authorization: `Bearer ${ADMIN}` },
      });
      const text = await file.text();
      expect([format, text.includes('other 1'), text.includes('said')]).toEqual([format, true, false]);
    }
    const [delivery] = await app.database.prisma.delivery.findMany({ where: { messageId: 'said 1' } });
    expect(await status(`/v1/deliveries/${delivery!.id}/body`)).toBe(410);
  });

  it('says so in the changes feed, in the order of commits', async () => {
    const lines = await changes();
    expect(lines.map((line) => line.messageId)).toEqual(['said 1', 'said 2', 'said long']);
    const state = await app.database.prisma.ledgerState.findFirstOrThrow();
    expect(lines.at(-1)!.position).toBe(state.position);
    expect(lines.at(-1)!.recordedAt).toEqual(state.recordedAt);
    const positions = await app.database.prisma.change.count();
    expect(Number(state.position)).toBe(positions);
  });

  it('acknowledges a redelivery and records nothing but its figures', async () => {
    const again = message('said', 'said 1');
    await deliver(again);
    const other = { usage: { credits: { total_credits: '0.3' } }, text: `${MARKER} again` };
    await deliver(message('said', 'said 1', other));
    await deliver(message('said', 'said 1', other));
    expect((await app.send({ ...again, create_time: 'never' })).status).toBe(400);
    expect(await tablesWith(app.database.pool, MARKER)).toEqual([]);
    expect(await status('/v1/messages/said%201')).toBe(410);
    expect((await usage()).totals.usage.credits.total_credits).toBe('0.4000000000000000000000000001');
    const deliveries = await app.database.prisma.delivery.findMany({
      where: { messageId: 'said 1' },
      orderBy: { id: 'asc' },
    });
    expect(deliveries.map((row) => row.outcome)).toEqual([
      'stored',
      'repeated',
      'revised',
      'repeated',
      'revised',
      'repeated',
      'refused',
    ]);
    expect(deliveries.at(-1)!.quarantine).toBe('dismissed');
  });

  it('keeps nothing of a refused body that is replayed into it but its figures', async () => {
    // One that names no message: where it names an erased one, it does not wait at all.
    const refused = await app.send('no JSON');
    expect(refused.status).toBe(400);
    const { delivery_id } = await json(refused);
    // As if a rule had been relaxed since: the bytes can be read now.
    const bytes = JSON.stringify(message('said', 'said 2', { usage: { credits: { total_credits: '0.5' } } }));
    await app.database.pool.query('update delivery set body = $2, sha256 = $3 where id = $1', [
      delivery_id,
      Buffer.from(bytes),
      createHash('sha256').update(bytes).digest(),
    ]);
    const replayed = await fetch(`${app.url}/v1/quarantine/${delivery_id}/replay`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN}` },
    });
    expect(await replayed.json()).toMatchObject({ state: 'stored', outcome: 'revised' });
    expect(await tablesWith(app.database.pool, MARKER)).toEqual([]);
    expect(await status('/v1/messages/said%202')).toBe(410);
    expect((await usage()).totals.usage.credits.total_credits).toBe('0.9000000000000000000000000001');
  });

  it('stores a new message like any other, and counts only what is there to be read', async () => {
    await deliver(message('said', 'said 9', { create_time: 1_758_990_000, text: 'New.', output: [] }));
    expect((await app.get('/v1/conversations/said')).body).toMatchObject({
      messages: 1,
      first_message_at: '2025-09-27T16:20:00.000Z',
      last_message_at: '2025-09-27T16:20:00.000Z',
      usage: { credits: { total_credits: '0.1000000000000000000000000001' } },
    });
    const { data } = (await app.get('/v1/conversations/said/messages')).body;
    expect(data.map((row: Json) => row.message_id)).toEqual(['said 9']);
    expect((await app.get('/v1/conversations/said/transcript')).body.messages).toEqual(data);
    const row = await app.database.prisma.conversation.findFirstOrThrow({ where: { id: 'said' } });
    expect([row.totalCredits.toFixed(), row.creditMessages]).toEqual(['0.1000000000000000000000000001', 1n]);
  });

  it('finishes what a killed erasure began, and has nothing left to do after that', async () => {
    for (let k = 0; k < 3; k++) await deliver(message('killed', `killed ${k}`));
    let steps = 0;
    const client = await app.database.pool.connect();
    const erasure = {
      conversation: { agentId: 'default', id: 'killed' },
      refused: [],
      eraser: { keyId: null, label: 'a test' },
    };
    const killed = eraseConversation(client, erasure, () => {
      steps += 1;
      if (steps === 1) throw new Error('killed');
    });
    await expect(killed).rejects.toThrow('killed');
    client.release();
    expect(await tablesWith(app.database.pool, MARKER)).not.toEqual([]);
    expect((await erase('killed')).body).toMatchObject({ messages: 3, pieces: 3 });
    expect(await tablesWith(app.database.pool, MARKER)).toEqual([]);
    const { status: code, body } = await erase('killed');
    expect([code, body.messages, body.deliveries, body.quarantined]).toEqual([200, 0, 0, 0]);
  });

  it('goes on beside deliveries, in steps, and loses none of them', async () => {
    await app.database.pool.query(
      `insert into conversation values ('default', 'large', now(), now(), 1200, 0, 0)`,
    );
    await app.database.pool.query(
      `insert into message (agent_id, id, conversation_id, message_type, create_time, text, received_at, recorded_at, delivery_id)
       select 'default', 'large ' || k, 'large', 'ANSWER', now() - k * interval '1 s', 'text', now(), '2020-01-01Z', gen_random_uuid()
       from generate_series(1, 1200) k`,
    );
    const erasing = erase('large');
    const sending = Array.from({ length: 40 }, async (_, k) =>
      deliver(message('busy', `busy ${k}`, { text: 'kept', output: [] })),
    );
    await Promise.all(sending);
    expect((await erasing).body.messages).toBe(1200);
    const positions = await app.database.pool.query(
      'select count(*) = max(position) as whole, count(*) filter (where message_id like $1) as busy from change',
      ['busy %'],
    );
    expect(positions.rows).toEqual([{ whole: true, busy: '40' }]);
    expect((await app.get('/v1/conversations/busy')).body.messages).toBe(40);
  });

  it('asks for the administrator, and for the agent where two have it', async () => {
    const { database } = app;
    await database.prisma.agent.create({ data: { id: 'second', name: 'Second' } });
    await deliver(message('twice', 'twice 1'));
    const now = new Date();
    await database.prisma.conversation.create({
      data: { agentId: 'second', id: 'twice', firstMessageAt: now, lastMessageAt: now, messages: 0 },
    });
    expect((await erase('twice', INGEST)).status).toBe(403);
    expect((await erase('twice')).status).toBe(409);
    expect((await erase('nobody')).status).toBe(404);
    expect((await erase('twice?agent=nobody')).status).toBe(400);
    expect((await erase('twice?agent=default')).body).toMatchObject({ agent: 'default', messages: 1 });
  });

  it('is found in the audit, with its receipt', async () => {
    const id = `audited ${randomUUID()}`;
    await deliver(message(id, `m of ${id}`));
    await erase(encodeURIComponent(id));
    const events = await app.database.prisma.auditEvent.findMany({
      where: { subject: id },
      orderBy: { id: 'asc' },
    });
    expect(events.map(({ action }) => action)).toEqual(['conversation.erasing', 'conversation.erased']);
    expect(events[1]).toMatchObject({
      agentId: 'default',
      details: { messages: 1, pieces: 1, deliveries: 1, quarantined: 0, unattributed_bodies: 0 },
    });
  });
});

it('says of a refused body of an erased message whether its bytes are kept', async () => {
  const app = await startTestApp();
  const create_time = 1758900000;
  const headers = { authorization: `Bearer ${ADMIN}` };
  await app.send({ conversation_id: 'said', message_id: 'said 1', create_time });
  await fetch(`${app.url}/v1/conversations/said`, { method: 'DELETE', headers });
  const refusedAs = async (body: object) => {
    const { code, msg, delivery_id } = await json(await app.send({ create_time, ...body }));
    const { state } = (await app.get(`/v1/quarantine/${delivery_id}`)).body;
    return [code, msg, state];
  };
  // Nobody erased the conversation that it names.
  expect(await refusedAs({ conversation_id: 'another', message_id: 'said 1' })).toEqual([
    400,
    'The delivery could not be read. Its bytes are kept in quarantine.',
    'waiting',
  ]);
  for (const body of [{ conversation_id: 'said', message_id: 'said 1', text: 7 }, { message_id: 'said 1' }])
    expect((await refusedAs(body)).slice(0, 2)).toEqual([
      400,
      'The delivery could not be read. Its message was erased, so its bytes are not kept.',
    ]);
  expect(await app.database.prisma.delivery.count({ where: { quarantine: 'waiting' } })).toBe(1);
  await app.close();
});
