import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type RunningProcess, runProcess } from '../faults/run-process.js';
import { cloneDatabase, INGEST } from '../harness.js';
import { type Proxy as DatabaseProxy, startProxy } from '../torture/proxy.mjs';
import { leftOf, npmStart, type Run, removeDataDir, serverPid, untilNothingIsLeft } from './harness.js';

jest.setTimeout(60_000);
/** Milliseconds that a stop may take. */
const PROMISED = 10_000;

const body = JSON.stringify({ message_id: 'm', conversation_id: 'c', create_time: 1_758_900_000 });

/** A delivery of which the last bytes do not come, once its headers have been read. */
async function sendHalf(url: string, token: string): Promise<{ socket: Socket; heard: () => string }> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk;
  });
  socket.on('error', () => {});
  // Whoever expects an invitation hears that the server waits for the body.
  socket.write(
    `POST /webhook HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nExpect: 100-continue\r\n` +
      `Content-Length: ${body.length}\r\n\r\n`,
  );
  while (!heard.startsWith('HTTP/1.1 100')) await once(socket, 'data');
  socket.write(body.slice(0, 10));
  return { socket, heard: () => heard };
}

/** Whether a stop has begun shows in that nobody can connect any more. */
async function untilClosed(url: string): Promise<void> {
  for (;;) {
    const probe = connect(Number(new URL(url).port), '127.0.0.1');
    const isOpen = await once(probe, 'connect').then(
      () => true,
      () => false,
    );
    probe.destroy();
    if (!isOpen) return;
    await sleep(20);
  }
}

describe('a stop with a database of its own', () => {
  let database: Awaited<ReturnType<typeof cloneDatabase>>;
  let proxy: DatabaseProxy;
  let run: RunningProcess;
  let url: string;
  beforeAll(async () => {
    database = await cloneDatabase();
    proxy = await startProxy(database.url);
  });
  beforeEach(async () => {
    run = runProcess(proxy.url);
    url = await run.url();
  });
  afterEach(() => {
    proxy.swallow(false);
    run.child.kill('SIGKILL');
  });
  afterAll(async () => {
    await proxy.close();
    await database.drop();
  });
  const stop = () => {
    const ended = once(run.child, 'exit');
    run.child.kill('SIGTERM');
    return ended;
  };

  it(
    'refuses in words a delivery of which the rest does not come, and ends with status 0',
    async () => {
      const { heard } = await sendHalf(url, INGEST);
      expect(await stop()).toEqual([0, null]);
      expect(heard()).toMatch(/\r\n\r\nHTTP\/1\.1 503 .*retry-after: .*"code":503/is);
    },
    PROMISED,
  );

  it(
    'takes a delivery of which the rest comes in time',
    async () => {
      const { socket, heard } = await sendHalf(url, INGEST);
      const ended = stop();
      await untilClosed(url);
      socket.write(body.slice(10));
      expect(await ended).toEqual([0, null]);
      expect(heard()).toContain('{"code":200,"msg":"success"}');
    },
    PROMISED,
  );

  it(
    'ends with status 0 while the database does not answer and somebody waits for it',
    async () => {
      proxy.swallow(true);
      const headers = { authorization: `Bearer ${INGEST}` };
      // Settled from the beginning: a rejection must not be left alone until the process has ended.
      const unanswered = Promise.allSettled(
        Array.from({ length: 5 }, () => fetch(`${url}/webhook`, { method: 'POST', headers, body })),
      );
      expect(await stop()).toEqual([0, null]);
      await unanswered;
    },
    PROMISED,
  );
});

describe('a stop with the embedded database', () => {
  let run: Run;
  let dataDir: string;
  const token = 'a-token-of-the-test';
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'convoledger-stop-'));
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, INGEST_TOKEN: token };
    run = await npmStart({ dataDir, env });
  });
  afterAll(() => removeDataDir(dataDir));

  it(
    'ends with status 0 and leaves nothing, with a delivery half sent',
    async () => {
      const server = serverPid(dataDir);
      await sendHalf(run.url, token);
      run.npm.kill('SIGTERM');
      expect(await run.exited).toBe(0);
      await untilNothingIsLeft(run, server);
      expect(leftOf(run, server)).toEqual([]);
    },
    PROMISED,
  );
});
