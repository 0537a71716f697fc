import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { FolderInUse } from '../database/embedded/owner-lock.js';

/** Milliseconds between two looks at the process that started this one. */
const LOOK_EVERY = 300;
/** Milliseconds that an earlier run may take to notice that its npm is gone, and to answer what it accepted. */
const PATIENCE = 6_000;

/**
 * Calls back when the npm that started this process is gone. After `kill -9` of npm nobody could stop us by its pid, and
 * the next `npm start` would find the data folder and the port taken.
 */
export function watchNpm(onGone: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const npm = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(timer);
    onGone();
  }, LOOK_EVERY).unref();
}

/** Tries again for some seconds where an earlier run still has the data folder, since it may be about to end. */
export async function patiently<T>(take: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (const until = Date.now() + PATIENCE; ; ) {
    try {
      return await take();
    } catch (error) {
      if (!(error instanceof FolderInUse) || Date.now() > until) throw error;
      await sleep(LOOK_EVERY, undefined, { signal });
    }
  }
}

/** Waits some seconds for an address that an earlier run still has. Whether it is free shows when it is used. */
export async function untilFree(host: string, port: number): Promise<void> {
  for (const until = Date.now() + PATIENCE; Date.now() < until; await sleep(LOOK_EVERY)) {
    if (port === 0 || (await isFree(host, port))) return;
  }
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}
