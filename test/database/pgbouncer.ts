import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PROGRAM = '/usr/sbin/pgbouncer';
export const hasPgBouncer = existsSync(PROGRAM);

export interface Pooler {
  url: string;
  stop: () => Promise<void>;
}

/** PgBouncer in front of the server of an address, as it is installed but for the mode. */
export async function startPgBouncer(
  target: string,
  mode: 'session' | 'transaction' | 'statement',
  settings = '',
): Promise<Pooler> {
  const folder = await mkdtemp(join(tmpdir(), 'convoledger-pooler-'));
  await chmod(folder, 0o755);
  const { hostname, port, username, password } = new URL(target);
  const own = await freePort();
  const file = join(folder, 'pgbouncer.ini');
  const login = password ? `user=${username} password=${password}` : `user=${username}`;
  await writeFile(
    file,
    `[databases]\n* = host=${hostname} port=${port} ${login}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${own}\n` +
      `unix_socket_dir =\nauth_type = any\npool_mode = ${mode}\ndefault_pool_size = 40\n${settings}\n`,
    { mode: 0o644 },
  );
  const asRoot = process.getuid?.() === 0;
  const child = spawn(PROGRAM, [...(asRoot ? ['-u', 'postgres'] : []), file], { stdio: 'ignore' });
  await untilItListens(own, child);
  return {
    url: Object.assign(new URL(target), { hostname: '127.0.0.1', port: String(own) }).href,
    stop: async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await rm(folder, { recursive: true });
    },
  };
}

async function untilItListens(port: number, child: ChildProcess): Promise<void> {
  for (const until = Date.now() + 20_000; Date.now() < until && child.exitCode === null; await sleep(20)) {
    const socket = connect(port, '127.0.0.1');
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isThere) return;
  }
  throw new Error('PgBouncer did not start.');
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
