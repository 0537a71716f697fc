import { jest } from '@jest/globals';
import { readConfig } from '../../src/config.js';
import { connect } from '../../src/database/connect.js';
import { DatabaseService } from '../../src/database/database.service.js';
import { explainFailure } from '../../src/database/explain-failure.js';
import { refuseTransactionPooling } from '../../src/database/pooler.js';
import { prepareDatabase } from '../../src/database/prepare.js';
import { createLogger } from '../../src/logging.js';
import { ADMIN, cloneDatabase, startTestApp } from '../harness.js';
import { hasPgBouncer, type Pooler, startPgBouncer } from './pgbouncer.js';

jest.setTimeout(60_000);

describe('PostgreSQL itself', () => {
  it('is taken for no pooler', async () => {
    await refuseTransactionPooling(process.env.TEST_SERVER_URL!);
  });
});

(hasPgBouncer ? describe : describe.skip)('PgBouncer', () => {
  it('in session mode serves everything, without a parameter that it must let through', async () => {
    let pooler: Pooler | undefined;
    const app = await startTestApp({}, async (url) => {
      pooler = await startPgBouncer(url, 'session');
      return pooler.url;
    });
    const message = { conversation_id: 'c', message_id: 'm', create_time: 1_758_900_000, text: 'hello' };
    expect((await app.send(message)).status).toBe(200);
    expect((await app.send(message)).status).toBe(200);
    expect((await app.get('/v1/messages?q=hello')).body.data).toHaveLength(1);
    const file = await fetch(`${app.url}/v1/export?kind=messages`, {
      headers: { authorization: `Bearer ${ADMIN}` },
    });
    expect((await file.text()).trim().split('\n')).toHaveLength(1);
    expect((await app.get('/v1/usage?period=2025-09')).body.totals.messages).toBe(1);
    const { rows } = await app.database.pool.query('show statement_timeout');
    expect(rows).toEqual([{ statement_timeout: '10s' }]);
    await app.close();
    await pooler?.stop();
  });

  // Lent in the order of their return, or in turn: both habits of a pool.
  it.each([
    ['transaction', ''],
    ['transaction', 'server_round_robin = 1'],
    ['transaction', 'min_pool_size = 5'],
    ['statement', ''],
  ] as const)('in %s mode (%s) is refused at the start, in a sentence', async (mode, settings) => {
    const cloned = await cloneDatabase();
    const pooler = await startPgBouncer(cloned.url, mode, settings);
    const logger = createLogger('silent');
    const database = new DatabaseService(pooler.url, logger);
    const config = readConfig({ DATABASE_URL: pooler.url });
    // Others that use the pool meanwhile have left processes of the server in it.
    const others = await Promise.all(
      [1, 2, 3].map(() => connect(pooler.url, { name: 'test' }).catch(() => null)),
    );
    for (const other of others) await other?.end();
    await expect(prepareDatabase(database, config, logger, new AbortController().signal)).rejects.toThrow(
      /pooler in transaction or statement mode.*pool_mode = session/,
    );
    expect(database.prepared).toBe(false);
    await database.onApplicationShutdown();
    await pooler.stop();
    await cloned.drop();
  });

  it('that keeps no settings is refused by each connection, with the name of one', async () => {
    const cloned = await cloneDatabase();
    const pooler = await startPgBouncer(cloned.url, 'transaction', 'server_reset_query_always = 1');
    const refused = connect(pooler.url, { name: 'test' });
    await expect(refused).rejects.toThrow(/A database session needs \w+ = '.*session mode/);
    await pooler.stop();
    await cloned.drop();
  });

  it('that refuses a start-up parameter of the address is explained', async () => {
    const cloned = await cloneDatabase();
    const pooler = await startPgBouncer(cloned.url, 'session');
    const url = `${pooler.url}?options=-c%20jit%3Doff`;
    const logger = createLogger('silent');
    const database = new DatabaseService(url, logger);
    const config = readConfig({ DATABASE_URL: url });
    const error = await prepareDatabase(database, config, logger, new AbortController().signal).catch(
      (thrown) => thrown,
    );
    expect(explainFailure(error, url)).toMatch(
      /The pooler at .* refuses a start-up parameter of DATABASE_URL/,
    );
    await database.onApplicationShutdown();
    await pooler.stop();
    await cloned.drop();
  });
});
