import { readFileSync } from 'node:fs';
import { ADMIN, json, startTestApp, type TestApp } from '../harness.js';

interface Case {
  name: string;
  body: string;
  status: number;
  message?: object;
}

const cases: Case[] = JSON.parse(readFileSync('test/fixtures/payloads.json', 'utf8'));
const sentId = (body: string) => /"message_id": ?"([^"]+)"/.exec(body)?.[1] ?? 'none';

describe("the sender's bodies, through the real door", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  it.each(cases)('$name', async ({ body, status, message }) => {
    const answer = await app.send(body);
    expect(answer.status).toBe(status);
    if (status === 200) expect(await answer.text()).toBe('{"code":200,"msg":"success"}');
    else {
      const refusal = await json(answer);
      expect(refusal).toMatchObject({
        code: status,
        msg: expect.any(String),
        delivery_id: expect.any(String),
      });
      expect(refusal.errors).toContainEqual({ field: expect.any(String), problem: expect.any(String) });
      const kept = await app.database.prisma.delivery.findFirstOrThrow({
        where: { id: refusal.delivery_id },
      });
      expect(Buffer.from(kept.body ?? []).toString()).toBe(body);
      expect(kept.quarantine).toBe('waiting');
    }
    if (message) {
      const read = await app.get(`/v1/messages/${sentId(body)}`);
      expect(read.body).toMatchObject(message);
    }
  });

  it('keeps nothing of a probe', async () => {
    expect((await app.get('/v1/messages/6911bb00bb00bb00bb00bbff', ADMIN)).status).toBe(404);
    expect(
      await app.database.prisma.delivery.count({ where: { messageId: '6911bb00bb00bb00bb00bbff' } }),
    ).toBe(0);
  });
});
