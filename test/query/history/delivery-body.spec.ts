import { randomBytes } from 'node:crypto';
import { ADMIN, startTestApp, type TestApp } from '../../harness.js';
import { addAgent, ingestToken, readToken } from './archive.js';

describe('the bytes of a delivery', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
    for (const agent of ['default', 'other']) await addAgent(app, agent);
  });
  afterAll(() => app.close());

  const read = (id: string, token = ADMIN, init: RequestInit = {}) =>
    fetch(`${app.url}/v1/deliveries/${id}/body`, { ...init, headers: { authorization: `Bearer ${token}` } });
  const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer());
  const deliver = (body: Uint8Array, agent = 'default') =>
    app.send(body, { headers: { authorization: `Bearer ${ingestToken(agent)}` } });
  const deliveries = async (message: string) =>
    (await app.get(`/v1/messages/${message}/deliveries`)).body.data;

  const body = (id: string, text: string) =>
    Buffer.from(
      `{ "conversation_id":"c","message_id":"${id}", "create_time":1758900000.0,\n"text":"${text}" }`,
    );

  it('are those that came, of a first, a repeated and a revised one', async () => {
    const first = body('m', '你好');
    const second = Buffer.concat([
      body('m', 'bad ').subarray(0, -3),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('" }'),
    ]);
    for (const bytes of [first, first, second, first]) expect((await deliver(bytes)).status).toBe(200);
    const kept = await deliveries('m');
    expect(kept.map((row: { outcome: string }) => row.outcome)).toEqual([
      'stored',
      'repeated',
      'revised',
      'repeated',
    ]);
    for (const [index, bytes] of [first, first, second, first].entries()) {
      const answer = await read(kept[index].delivery_id);
      expect(answer.status).toBe(200);
      expect((await bytesOf(answer)).equals(bytes)).toBe(true);
    }
  });

  it('are never declared as something that a browser would run', async () => {
    await deliver(body('script', '<script>alert(1)</script>'));
    const [{ delivery_id }] = await deliveries('script');
    const { headers } = await read(delivery_id);
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-disposition')).toBe(
      `attachment; filename="delivery_default_${delivery_id}.bin"`,
    );
  });

  it.each([
    ['nothing at all', Buffer.alloc(0)],
    ['no JSON', Buffer.from('\0\xff<html>', 'latin1')],
    ['random bytes', randomBytes(100_000)],
  ])('are kept of a refused one too: %s', async (_, bytes) => {
    const refused = await deliver(bytes);
    expect(refused.status).toBe(400);
    const { delivery_id } = (await refused.json()) as { delivery_id: string };
    const answer = await read(delivery_id);
    expect(answer.status).toBe(200);
    expect((await bytesOf(answer)).equals(bytes)).toBe(true);
    const head = await read(delivery_id, ADMIN, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.length)]);
  });

  it('are seen by a key of their agent, and no other', async () => {
    await deliver(body('of other', 'x'), 'other');
    const [{ delivery_id }] = await deliveries('of%20other');
    expect((await read(delivery_id, readToken('other'))).status).toBe(200);
    expect((await read(delivery_id, readToken('default'))).status).toBe(404);
    expect((await read(delivery_id.toUpperCase())).status).toBe(200);
    expect((await read(delivery_id.replace(/.$/, (last: string) => (last === '0' ? '1' : '0')))).status).toBe(
      404,
    );
  });

  it('answer 410 where they were erased', async () => {
    await deliver(body('erased', 'x'));
    const [{ delivery_id }] = await deliveries('erased');
    await app.database.prisma.delivery.updateMany({ where: { messageId: 'erased' }, data: { body: null } });
    const answer = await read(delivery_id);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      410,
      'application/problem+json; charset=utf-8',
    ]);
  });
});
