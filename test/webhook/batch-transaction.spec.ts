import type pg from 'pg';
import { sendBatch } from '../../src/webhook/batch-transaction.js';
import { readAsDelivery } from '../../src/webhook/delivery.js';
import type { Plain } from '../../src/webhook/first-rows.js';
import { openClient, startTestApp, type TestApp } from '../harness.js';

describe('a batch of first bodies', () => {
  let app: TestApp;
  let client: pg.Client;
  let key: { id: string; agentId: string | null };
  beforeAll(async () => {
    app = await startTestApp();
    client = await openClient(app.databaseUrl, { pipeline: true });
    key = await app.database.prisma.apiKey.findFirstOrThrow({ where: { agentId: { not: null } } });
  });
  afterAll(async () => {
    await client.end();
    await app.close();
  });

  const first = (id: string): Plain => {
    const body = { conversation_id: 'c', message_id: id, create_time: 1_758_900_000, text: id };
    return readAsDelivery(Buffer.from(JSON.stringify(body)), new Date(), key as never) as Plain;
  };
  const store = async (firsts: Plain[]) => {
    const { committed } = await sendBatch(client, { firsts, others: [] });
    const outcomes = await committed;
    return firsts.map((delivery) => outcomes.get(delivery)?.kind);
  };
  const stored = async () =>
    (await app.database.prisma.delivery.findMany({ orderBy: { id: 'asc' } })).map(
      ({ messageId }) => messageId,
    );

  it('leaves out what is there already, and says so', async () => {
    expect(await store([first('1'), first('2')])).toEqual(['stored', 'stored']);
    expect(await store([first('3'), first('1'), first('4')])).toEqual(['stored', undefined, 'stored']);
    expect(await store([first('2'), first('3')])).toEqual([undefined, undefined]);
    expect(await stored()).toEqual(['1', '2', '3', '4']);
  });

  it('leaves out all whose key is no longer good', async () => {
    await app.database.prisma.apiKey.update({ where: { id: key.id }, data: { revokedAt: new Date() } });
    expect(await store([first('5'), first('6')])).toEqual([undefined, undefined]);
    expect(await stored()).toEqual(['1', '2', '3', '4']);
  });
});
