import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import pg from 'pg';
import { ADMIN, cloneDatabase, INGEST } from '../harness.js';
import { type Proxy as DatabaseProxy, startProxy } from '../torture/proxy.mjs';

jest.setTimeout(60_000);

/** A process of its own, as an operator runs it, on a database that is reached through the proxy. */
describe('the process', () => {
  let database: Awaited<ReturnType<typeof cloneDatabase>>;
  let proxy: DatabaseProxy;
  let child: ChildProcess;
  let url: string;
  let said: string;

  const launch = async () => {
    const { NODE_OPTIONS: _, ...env } = process.env;
    said = '';
    child = spawn(process.execPath, ['bin/start.mjs'], {
      env: { ...env, DATABASE_URL: proxy.url, INGEST_TOKEN: INGEST, ADMIN_TOKEN: ADMIN, PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout!.on('data', (chunk) => {
      said += chunk;
    });
  };
  const untilReady = async () => {
    for (const end = Date.now() + 30_000; Date.now() < end; await sleep(50)) {
      url = /ready: (http:\S+?)\/?$/m.exec(said)?.[1] ?? '';
      if (url && (await fetch(`${url}/health/ready`)).ok) return;
    }
    throw new Error(`It did not become ready: ${said}`);
  };
  const deliver = (id: string) =>
    fetch(`${url}/webhook`, {
      method: 'POST',
      headers: { authorization: `Bearer ${INGEST}` },
      body: new TextEncoder().encode(
        JSON.stringify({ message_id: id, conversation_id: `c ${id}`, create_time: 1_758_900_000 }),
      ),
    });

  beforeAll(async () => {
    database = await cloneDatabase();
    proxy = await startProxy(database.url);
  });
  afterAll(async () => {
    child.kill('SIGKILL');
    await proxy.close();
    await database.drop();
  });

  it('waits for a database that is away when it starts', async () => {
    proxy.swallow(true);
    await launch();
    await sleep(3_000);
    expect([child.exitCode, said]).toEqual([null, '']);
    proxy.swallow(false);
    await untilReady();
    expect((await deliver('after the wait')).status).toBe(200);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'at %s answers what it accepted, and ends with status 0',
    async (signal) => {
      if (child.exitCode !== null) {
        await launch();
        await untilReady();
      }
      const holder = new pg.Client({ connectionString: database.url });
      await holder.connect();
      await holder.query('select pg_advisory_lock(4270001)');
      const accepted = Array.from({ length: 20 }, (_, n) => deliver(`${signal} ${n}`));
      await sleep(500);
      const ended = once(child, 'exit');
      child.kill(signal);
      await sleep(200);
      await expect(deliver('too late').then(({ status }) => status)).rejects.toThrow();
      await holder.query('select pg_advisory_unlock(4270001)');
      for (const answer of await Promise.all(accepted)) expect(answer.status).toBe(200);
      expect(await ended).toEqual([0, null]);
      const { rows } = await holder.query('select count(*)::int as count from message where id like $1', [
        `${signal} %`,
      ]);
      expect(rows[0].count).toBe(20);
      await holder.end();
    },
  );

  it('after kill -9 within a batch, stores what is sent again once', async () => {
    await launch();
    await untilReady();
    const answers = Promise.allSettled(Array.from({ length: 50 }, (_, n) => deliver(`killed ${n}`)));
    await sleep(15);
    child.kill('SIGKILL');
    await answers;
    await launch();
    await untilReady();
    for (let n = 0; n < 50; n++) expect((await deliver(`killed ${n}`)).status).toBe(200);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query(
      `select count(*)::int as count, max(revision) as revision from message where id like 'killed %'`,
    );
    await client.end();
    expect(rows).toEqual([{ count: 50, revision: 1 }]);
  });
});
