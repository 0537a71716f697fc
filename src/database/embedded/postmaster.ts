import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from './account.js';
import { serverEnvironment } from './binaries.js';

/** A server that runs on a folder, as its `postmaster.pid` tells and the process table confirms. */
export interface Postmaster {
  pid: number;
  port: number;
  ready: boolean;
}

/**
 * The living server of a cluster folder, or null. The pid in `postmaster.pid` may be stale and given to another
 * process since, so that process must be a `postgres` started on, or working in, this very folder.
 */
export function findPostmaster(folder: string): Postmaster | null {
  const lines = readLines(join(folder, 'postmaster.pid'));
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid < 2 || !isServerOf(pid, folder)) return null;
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** The command line is readable in containers that hide the working folder; the folder follows a renaming. */
export function isServerOf(pid: number, folder: string): boolean {
  const [program = '', flag, started] = commandLine(pid);
  if (basename(program) !== 'postgres') return false;
  return (flag === '-D' && started === folder) || workingFolder(pid) === folder;
}

function commandLine(pid: number): string[] {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const line = execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
    const [, program = '', folder = ''] = /^(.*?) -D (.*?) -p \d/.exec(line) ?? [];
    return [program, '-D', folder];
  } catch {
    return [];
  }
}

function workingFolder(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

export interface Running {
  child: ChildProcess;
  /** Resolves when the process has ended and its last words were read. */
  ended: Promise<void>;
}

/**
 * Starts `postgres` in a session of its own, so that Ctrl-C in a terminal reaches the application only, which first
 * answers what it has accepted and then stops the server.
 *
 * @param onLine every line of the server's log
 */
export function spawnPostmaster(
  postgres: string,
  args: string[],
  account: Account | undefined,
  onLine: (line: string) => void,
): Running {
  const child = spawn(postgres, args, {
    ...account,
    cwd: '/',
    env: serverEnvironment,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  createInterface({ input: child.stderr }).on('line', onLine);
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      onLine(`FATAL:  ${error.message}`);
      resolve();
    });
    // What it wrote last may arrive after its end; backends that outlive it can keep the pipe open for long.
    child.once('exit', () => setTimeout(resolve, 300).unref());
    child.once('close', () => resolve());
  });
  return { child, ended };
}

/** Waits as long as recovery takes; a server that gives up ends, and that ends the wait. */
export async function untilReady(running: Running, folder: string): Promise<boolean> {
  let alive = true;
  void running.ended.then(() => {
    alive = false;
  });
  while (alive) {
    const found = findPostmaster(folder);
    if (found?.ready && found.pid === running.child.pid) return true;
    await Promise.race([sleep(20), running.ended]);
  }
  return false;
}

/** Milliseconds for a stop that nobody waits for: a fast shutdown writes what is in memory to the disk first. */
const STOP_TIMEOUT_MS = 15_000;
/** Milliseconds of them for an immediate shutdown, where the fast one takes too long, and for the end after that. */
const IMMEDIATE_MS = 1_000;
const KILL_MS = 500;

/**
 * Stops a server, ours or one that an earlier run left: fast shutdown, then an immediate one, then SIGKILL. Each of them
 * keeps everything that was committed; after the last two the next start takes longer.
 */
export async function stopPostmaster(
  pid: number,
  isAlive: () => boolean,
  timeoutMs = STOP_TIMEOUT_MS,
): Promise<void> {
  const steps: [NodeJS.Signals, number][] = [
    ['SIGINT', Math.max(timeoutMs - IMMEDIATE_MS - KILL_MS, KILL_MS)],
    ['SIGQUIT', IMMEDIATE_MS],
    ['SIGKILL', KILL_MS],
  ];
  for (const [signal, patience] of steps) {
    if (!isAlive()) return;
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    for (const until = Date.now() + patience; isAlive() && Date.now() < until; ) await sleep(20);
  }
}

/**
 * Ends backends that outlived their server (`kill -9` of it while they were computing): they hold the shared memory,
 * and no new server starts before they are gone. Only Linux lets us find them; elsewhere they end by themselves.
 */
export function endLeftBackends(folder: string): void {
  if (process.platform !== 'linux') return;
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || workingFolder(pid) !== folder) continue;
    if (!commandLine(pid)[0]?.startsWith('postgres: ')) continue;
    try {
      process.kill(pid, 'SIGQUIT');
    } catch {
      // It ended by itself.
    }
  }
}
