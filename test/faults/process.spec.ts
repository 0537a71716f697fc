import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { cloneDatabase, INGEST, openClient } from '../harness.js';
import { type Proxy as DatabaseProxy, startProxy } from '../torture/proxy.mjs';
import { type RunningProcess, runProcess } from './run-process.js';

jest.setTimeout(60_000);

/** A process of its own, as an operator runs it, on a database that is reached through the proxy. */
describe('the process', () => {
  let database: Awaited<ReturnType<typeof cloneDatabase>>;
  let proxy: DatabaseProxy;
  let run: RunningProcess;
  let url: string;

  const launch = () => {
    run = runProcess(proxy.url);
  };
  const untilReady = async () => {
    url = await run.url();
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
    run.child.kill('SIGKILL');
    await proxy.close();
    await database.drop();
  });

  it('waits for a database that is away when it starts', async () => {
    proxy.swallow(true);
    launch();
    for (const end = Date.now() + 20_000; !run.said().includes('Waiting') && Date.now() < end; )
      await sleep(20);
    expect(run.child.exitCode).toBeNull();
    expect(run.said()).toMatch(
      /^Convoledger .*\nDatabase: (.*)\nWaiting for the database, \1: it cannot be used now/,
    );
    expect(run.said()).not.toContain('ready');
    proxy.swallow(false);
    await untilReady();
    expect((await deliver('after the wait')).status).toBe(200);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'at %s answers what it accepted, and ends with status 0',
    async (signal) => {
      if (!run || run.child.exitCode !== null) {
        launch();
        await untilReady();
      }
      const holder = await openClient(database.url);
      await holder.query('select pg_advisory_lock(4270001)');
      const open = connect(Number(new URL(url).port), '127.0.0.1');
      let heard = '';
      open.on('data', (chunk) => {
        heard += chunk;
      });
      // A request that has begun keeps its connection open.
      open.write('GET /health/live HTTP/1.1\r\n');
      const accepted = Array.from({ length: 20 }, (_, n) => deliver(`${signal} ${n}`));
      await sleep(500);
      const ended = once(run.child, 'exit');
      run.child.kill(signal);
      await sleep(200);
      // Whoever is connected is told in words, whoever is not cannot connect.
      open.write('Host: x\r\n\r\n');
      await expect(deliver('too late').then(({ status }) => status)).rejects.toThrow();
      await holder.query('select pg_advisory_unlock(4270001)');
      for (const end = Date.now() + 5_000; heard === '' && Date.now() < end; ) await sleep(20);
      expect(heard).toMatch(/^HTTP\/1\.1 503 .*\r\nretry-after: 1\r\n/is);
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
    launch();
    await untilReady();
    const answers = Promise.allSettled(Array.from({ length: 50 }, (_, n) => deliver(`killed ${n}`)));
    await sleep(15);
    run.child.kill('SIGKILL');
    await answers;
    launch();
    await untilReady();
    for (let n = 0; n < 50; n++) expect((await deliver(`killed ${n}`)).status).toBe(200);
    const client = await openClient(database.url);
    const { rows } = await client.query(
      `select count(*)::int as count, max(revision) as revision from message where id like 'killed %'`,
    );
    await client.end();
    expect(rows).toEqual([{ count: 50, revision: 1 }]);
  });
});
