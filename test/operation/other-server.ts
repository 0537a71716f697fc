import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startEmbeddedServer } from '../../src/database/embedded-server.js';
import { openClient } from '../harness.js';

const run = promisify(execFile);
const DEBIAN = '/usr/lib/postgresql/15/bin';

export interface OtherServer {
  version: number;
  /** A new database there, without a schema. */
  newDatabase: () => Promise<string>;
  stop: () => Promise<void>;
}

/** The server that the tests do not run on: Debian's PostgreSQL 15, or the embedded one. Null where 15 is not installed. */
export async function startOtherServer(): Promise<OtherServer | null> {
  if (process.env.TEST_DATABASE_URL) return startEmbedded();
  return existsSync(`${DEBIAN}/postgres`) ? startDebian() : null;
}

async function startEmbedded(): Promise<OtherServer> {
  const folder = await mkdtemp(join(tmpdir(), 'convoledger-other-'));
  const server = await startEmbeddedServer({ dataDir: folder, settings: { fsync: 'off' } });
  return describe(server.url, async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });
}

async function startDebian(): Promise<OtherServer> {
  const folder = await mkdtemp(join(tmpdir(), 'convoledger-other-'));
  const asRoot = process.getuid?.() === 0;
  const asServer = (program: string, ...args: string[]) =>
    asRoot
      ? run('setpriv', ['--reuid=postgres', '--regid=postgres', '--init-groups', program, ...args], {
          cwd: '/',
        })
      : run(program, args, { cwd: '/' });
  if (asRoot) await run('chown', ['postgres', folder]);
  await chmod(folder, 0o700);
  const data = join(folder, 'data');
  const port = await freePort();
  await asServer(
    `${DEBIAN}/initdb`,
    '-D',
    data,
    '-U',
    'postgres',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
  );
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off`;
  await asServer(`${DEBIAN}/pg_ctl`, '-D', data, '-w', '-l', join(folder, 'log'), 'start', '-o', settings);
  return describe(`postgresql://postgres@127.0.0.1:${port}/postgres`, async () => {
    await asServer(`${DEBIAN}/pg_ctl`, '-D', data, '-m', 'immediate', 'stop');
    await rm(folder, { recursive: true, force: true });
  });
}

async function describe(url: string, stop: () => Promise<void>): Promise<OtherServer> {
  const ask = async <T extends object>(sql: string): Promise<T[]> => {
    const client = await openClient(url);
    const { rows } = await client.query<T>(sql);
    await client.end();
    return rows;
  };
  const [row] = await ask<{ version: number }>(
    `select current_setting('server_version_num')::int / 10000 as version`,
  );
  let made = 0;
  return {
    version: row!.version,
    stop,
    newDatabase: async () => {
      made += 1;
      await ask(`create database restored_${made} encoding 'UTF8' template template0`);
      const named = new URL(url);
      named.pathname = `restored_${made}`;
      return named.href;
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
