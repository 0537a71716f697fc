import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from './account.js';
import {
  endLeftBackends,
  findPostmaster,
  isServerOf,
  type Running,
  spawnPostmaster,
  stopPostmaster,
  untilReady,
} from './postmaster.js';
import { stopWithOwner } from './stop-with-owner.js';

export type OnEvent = (message: string, details?: object) => void;

export interface ServerPlan {
  folder: string;
  bin: string;
  account: Account | undefined;
  settings: Record<string, string>;
  onEvent: OnEvent;
}

export interface SupervisedServer {
  port: number;
  /** @param timeoutMs after which it is stopped the hard way, see `stopPostmaster` */
  stop(timeoutMs?: number): Promise<void>;
}

/** How long a start waits for backends of a killed server to give their shared memory back. */
const PATIENCE_MS = 30_000;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Starts the server and starts it again, on the same port, whenever it ends without being asked to.
 * The caller owns the data folder: any server found there was left by an owner that is dead, and is stopped.
 *
 * @throws an Error with what the server wrote, if the first start fails, or the signal's reason
 */
export async function superviseServer(plan: ServerPlan, signal: AbortSignal): Promise<SupervisedServer> {
  const stopping = new AbortController();
  let current: Running | undefined;

  const launch = async (port: number): Promise<Running> => {
    await clearFolder(plan);
    stopping.signal.throwIfAborted();
    const started = startOnce(plan, port, stopping.signal);
    current = started.running;
    await started.ready;
    return started.running;
  };

  const stop = async (timeoutMs?: number) => {
    stopping.abort(signal.reason);
    const child = current?.child;
    if (child?.pid)
      await stopPostmaster(child.pid, () => child.exitCode === null && child.signalCode === null, timeoutMs);
  };
  const abort = () => void stop();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();

  let port = 0;
  try {
    await retry(plan, async () => {
      port = await freePort();
      await launch(port);
    });
  } catch (error) {
    await stop();
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', abort);
  }

  const keeper = keepRunning(
    plan,
    () => current,
    () => retry(plan, () => launch(port)),
    stopping.signal,
  );
  return {
    port,
    stop: async (timeoutMs) => {
      await stop(timeoutMs);
      await keeper;
    },
  };
}

async function keepRunning(
  plan: ServerPlan,
  current: () => Running | undefined,
  launch: () => Promise<unknown>,
  stopping: AbortSignal,
): Promise<void> {
  for (;;) {
    await current()?.ended;
    if (stopping.aborted) return;
    const { exitCode, signalCode } = current()?.child ?? {};
    plan.onEvent('The embedded PostgreSQL ended by itself and is started again.', { exitCode, signalCode });
    for (let pause = 100; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      await sleep(pause, undefined, { signal: stopping }).catch(() => {});
      if (stopping.aborted) return;
      const failure = await launch().then(
        () => null,
        (error: Error) => error,
      );
      if (stopping.aborted) return;
      if (!failure) break;
      plan.onEvent('The embedded PostgreSQL could not be started again; another attempt follows.', {
        reason: failure.message,
      });
    }
    plan.onEvent('The embedded PostgreSQL runs again.');
  }
}

/** Two failures pass by themselves: the port was taken meanwhile, and backends of a killed server still end. */
async function retry(plan: ServerPlan, launch: () => Promise<unknown>): Promise<void> {
  for (const until = Date.now() + PATIENCE_MS; ; ) {
    try {
      await launch();
      return;
    } catch (error) {
      const message = error instanceof Error ? error.message : '';
      const leftBackends = /shared memory block .* still in use/.test(message);
      const portTaken = /could not bind|Address already in use/.test(message);
      if ((!leftBackends && !portTaken) || Date.now() > until) throw error;
      if (leftBackends) endLeftBackends(plan.folder);
      await sleep(200);
    }
  }
}

function startOnce(
  plan: ServerPlan,
  port: number,
  stopping: AbortSignal,
): { running: Running; ready: Promise<void> } {
  let ready = false;
  const lines: string[] = [];
  const onLine = (line: string) => {
    if (!ready) {
      lines.push(line);
      if (lines.length > 50) lines.shift();
    } else if (/^(FATAL|PANIC):/.test(line) && !stopping.aborted) {
      plan.onEvent('The embedded PostgreSQL reports a failure.', { line });
    }
  };
  const settings = Object.entries(plan.settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const args = ['-D', plan.folder, '-p', String(port), ...settings];
  const running = spawnPostmaster(join(plan.bin, 'postgres'), args, plan.account, onLine);
  stopWithOwner(running.child, plan.folder, plan.account);
  const wait = async () => {
    ready = await untilReady(running, plan.folder);
    stopping.throwIfAborted();
    if (!ready) throw new Error(`The embedded PostgreSQL did not start: ${lines.join(' ').trim()}`);
  };
  return { running, ready: wait() };
}

/**
 * Stops the server of a dead owner, and removes a `postmaster.pid` whose pid now belongs to some other process, for
 * PostgreSQL would take that one for a living server. With a pid that nobody has, PostgreSQL copes itself.
 */
async function clearFolder(plan: ServerPlan): Promise<void> {
  const left = findPostmaster(plan.folder);
  if (left) {
    plan.onEvent('A PostgreSQL that an earlier run left behind is stopped.', { pid: left.pid });
    await stopPostmaster(left.pid, () => isServerOf(left.pid, plan.folder));
  }
  const file = join(plan.folder, 'postmaster.pid');
  const pid = pidIn(file);
  if (pid !== null && isAlive(pid)) rmSync(file, { force: true });
}

function pidIn(file: string): number | null {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10) || null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(Math.abs(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
