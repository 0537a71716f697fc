import { retain } from '../../src/retention/retain.js';
import { RetentionService } from '../../src/retention/retention.service.js';
import { startTestApp, type TestApp } from '../harness.js';
import { tablesWith } from './marker.js';

const MARKER = 'Hagebuttentee';
const DAY = 24 * 60 * 60 * 1000;

describe('retention', () => {
  let app: TestApp;
  const aMinuteAgo = Math.floor(Date.now() / 1_000) - 60;
  const inDays = (days: number) => new Date(Date.now() + days * DAY);
  const run = async (raw: number | null, content: number | null, days: number, isDryRun = false) => {
    const client = await app.database.pool.connect();
    return retain(client, { raw, content }, inDays(days), isDryRun).finally(() => client.release());
  };
  const message = (id: string, more: object = {}) => ({
    conversation_id: 'c',
    message_id: id,
    create_time: aMinuteAgo,
    text: MARKER,
    output: [{ content: { text: MARKER } }],
    usage: { credits: { total_credits: '0.1' } },
    ...more,
  });
  const deliver = async (body: unknown, status = 200) => expect((await app.send(body)).status).toBe(status);
  const usage = async () => (await app.get('/v1/usage?bucket=none')).body.totals;
  beforeEach(async () => {
    app = await startTestApp();
  });
  afterEach(() => app.close());

  it('says what would go, and drops nothing, in a dry run', async () => {
    await deliver(message('a'));
    await deliver('{"broken', 400);
    const gone = await run(1, 1, 40, true);
    expect(gone).toMatchObject({ months: [{ bodies: 1, waiting: 1 }], messages: 1 });
    expect(gone!.months[0]!.bytes).toBeGreaterThan(100);
    expect(await tablesWith(app.database.pool, MARKER)).toEqual(['delivery', 'flow_output', 'message']);
    expect(await run(1, 1, 0, true)).toEqual({ months: [], messages: 0 });
  });

  it('drops raw bodies of whole months, but none that waits, and answers on', async () => {
    await deliver(message('a'));
    await deliver(message('a'));
    await deliver(`{"text":"${MARKER} broken`, 400);
    const before = await usage();
    expect(await run(1, null, 40)).toMatchObject({ months: [{ bodies: 1, waiting: 1 }], messages: 0 });
    const { body } = await app.get('/v1/messages/a/deliveries');
    expect(body.data).toMatchObject([
      { outcome: 'stored', body: null },
      { outcome: 'repeated', body: null },
    ]);
    expect((await app.get('/v1/messages/a')).body.text).toBe(MARKER);
    const kept = await app.database.prisma.delivery.findMany({ where: { NOT: { body: null } } });
    expect(kept.map((row) => row.quarantine)).toEqual(['waiting']);
    await deliver(message('a'));
    const { data } = (await app.get('/v1/messages/a/deliveries')).body;
    expect(data.at(-1).outcome).toBe('repeated');
    expect(await usage()).toEqual(before);
    // What was dismissed later goes with the next run, although its month was done.
    await app.database.pool.query(
      `update delivery set quarantine = 'dismissed' where quarantine = 'waiting'`,
    );
    expect(await run(1, null, 41)).toMatchObject({ months: [{ bodies: 1, waiting: 0 }] });
    expect(await run(1, null, 42)).toEqual({ months: [], messages: 0 });
  });

  it('drops texts and pieces by the message’s date, and the raw bodies with them, but no figure', async () => {
    await deliver(message('old'));
    const before = await usage();
    expect(await run(null, 1, 40)).toMatchObject({ months: [{ bodies: 1 }], messages: 1 });
    expect(await tablesWith(app.database.pool, MARKER)).toEqual([]);
    expect((await app.get('/v1/messages/old')).body).toMatchObject({
      text: null,
      output: [],
      usage: { credits: { total_credits: '0.1' } },
    });
    expect(await usage()).toEqual(before);
    // Other bytes bring a text back until the next run.
    await deliver(message('old', { text: `${MARKER} again` }));
    expect(await run(null, 1, 41)).toMatchObject({ messages: 1 });
    expect(await run(null, 1, 42)).toMatchObject({ messages: 0 });
    expect(await tablesWith(app.database.pool, MARKER)).not.toContain('message');
  });

  it('runs by itself once a day, in one of several processes, where it is set', async () => {
    const set = await startTestApp({ RETAIN_CONTENT_DAYS: '1' });
    await set.send(message('a', { create_time: Math.floor((Date.now() - 3 * DAY) / 1_000) }));
    const service = set.app.get(RetentionService);
    await service.runIfDue();
    expect(await set.database.prisma.message.count({ where: { text: null } })).toBe(1);
    await set.send(message('b', { create_time: Math.floor((Date.now() - 3 * DAY) / 1_000) }));
    await service.runIfDue();
    expect(await set.database.prisma.message.count({ where: { text: null } })).toBe(1);
    await service.runIfDue(inDays(1));
    expect(await set.database.prisma.message.count({ where: { text: null } })).toBe(2);
    const holder = await set.database.pool.connect();
    await holder.query('select pg_advisory_lock(4270003)');
    const client = await set.database.pool.connect();
    expect(await retain(client, { raw: null, content: 1 }, new Date(), false)).toBeNull();
    client.release();
    holder.release(true);
    await set.close();
  });
});
