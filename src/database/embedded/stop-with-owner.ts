import { type ChildProcess, spawn } from 'node:child_process';
import type { Account } from './account.js';
import { serverEnvironment } from './binaries.js';

/** Waits for the end of its input, then stops the server, if the folder still names the same one. */
const SCRIPT = 'read -r _; [ "$(head -n 1 "$2/postmaster.pid" 2>/dev/null)" = "$1" ] && exec kill -INT "$1"';

/**
 * Stops the server when this process ends without having done so: after `kill -9` of the application or of a command
 * nobody else would. A shell waits at a pipe of which only this process has the other end, so the kernel reports the
 * end however it comes. Linux's own death signal was refused: it needs a program that macOS and BusyBox do not have.
 */
export function stopWithOwner(postmaster: ChildProcess, folder: string, account: Account | undefined): void {
  const watcher = spawn('/bin/sh', ['-c', SCRIPT, 'sh', String(postmaster.pid), folder], {
    ...account,
    cwd: '/',
    env: serverEnvironment,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without it everything works but this; the next start stops what was left.
  watcher.on('error', () => {});
  watcher.stdin.on('error', () => {});
  postmaster.once('exit', () => watcher.kill('SIGKILL'));
}
