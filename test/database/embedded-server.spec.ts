import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import {
  type EmbeddedServer,
  embeddedUrlIfRunning,
  startEmbeddedServer,
} from '../../src/database/embedded-server.js';
import { compileSources, type OwnerProcess, startOwner } from './owner-process.js';

const isRoot = process.getuid?.() === 0;
const onLinux = process.platform === 'linux';
// No test cuts the power, and flushing takes long where others use the disk too.
const settings = { shared_buffers: '16MB', fsync: 'off' };

let compiled: Awaited<ReturnType<typeof compileSources>>;
const folders: string[] = [];
/** Databases that survive from test to test, because making one takes most of a test's time. */
let usedDataDir: string;
let otherDataDir: string;
const servers: EmbeddedServer[] = [];
const owners: OwnerProcess[] = [];

beforeAll(async () => {
  compiled = await compileSources();
  usedDataDir = newDataDir();
  otherDataDir = newDataDir();
  folders.length = 0;
});
afterEach(async () => {
  for (const owner of owners.splice(0)) {
    if (owner.child.exitCode !== null || owner.child.signalCode !== null) continue;
    owner.child.kill('SIGTERM');
    await once(owner.child, 'exit');
  }
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  folders.splice(0).forEach(removeDataDir);
}, 60_000);
afterAll(async () => {
  removeDataDir(usedDataDir);
  removeDataDir(otherDataDir);
  await compiled.remove();
});

function removeDataDir(folder: string): void {
  const cluster = join(folder, 'postgres');
  if (existsSync(cluster)) rmSync(realpathSync(cluster), { recursive: true });
  rmSync(folder, { recursive: true });
}

function newDataDir(mode = 0o755): string {
  const folder = mkdtempSync(join(tmpdir(), 'convoledger-'));
  chmodSync(folder, mode);
  folders.push(folder);
  return folder;
}

async function start(dataDir: string, events: string[] = []): Promise<EmbeddedServer> {
  const server = await startEmbeddedServer({ dataDir, settings, onEvent: (message) => events.push(message) });
  servers.push(server);
  return server;
}

function own(dataDir: string, env?: NodeJS.ProcessEnv): OwnerProcess {
  const owner = startOwner(compiled.entry, dataDir, env);
  owners.push(owner);
  return owner;
}

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query({ text: sql, rowMode: 'array' });
    return rows?.[0]?.[0];
  } finally {
    await client.end().catch(() => {});
  }
}

async function askSoon(url: string, sql: string): Promise<unknown> {
  for (const until = Date.now() + 10_000; ; await sleep(50)) {
    try {
      return await ask(url, sql);
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
}

function serverPid(dataDir: string): number {
  return Number.parseInt(readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8'), 10);
}

/** A process that ended and that its parent has not buried yet counts as dead. */
function isAlive(pid: number): boolean {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  return state !== '' && !state.startsWith('Z');
}

/** The processes beside the server that its owner has started. */
function watchersOf(owner: OwnerProcess, server: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  return stdout.split('\n').flatMap((line) => {
    const [pid = 0, parent] = line.trim().split(/ +/).map(Number);
    return parent === owner.child.pid && pid !== server ? [pid] : [];
  });
}

async function killHard(owner: OwnerProcess): Promise<void> {
  await owner.answer;
  owner.child.kill('SIGKILL');
  await once(owner.child, 'exit');
}

jest.setTimeout(60_000);

describe('first start', () => {
  it('makes a UTF-8 database with durable settings, reachable with the password only', async () => {
    const dataDir = newDataDir();
    const server = await startEmbeddedServer({ dataDir, settings: { shared_buffers: '16MB' } });
    servers.push(server);
    const { url } = server;
    expect(new URL(url).hostname).toBe('127.0.0.1');
    expect(await ask(url, 'select current_database()')).toBe('convoledger');
    expect(await ask(url, "select length('你好')")).toBe(2);
    expect(await ask(url, 'select datcollate from pg_database where datname = current_database()')).toBe('C');
    for (const [name, value] of [
      ['fsync', 'on'],
      ['synchronous_commit', 'on'],
      ['max_connections', '60'],
      ['wal_compression', 'pglz'],
      ['listen_addresses', '127.0.0.1'],
      ['unix_socket_directories', ''],
      ['log_min_error_statement', 'panic'],
      ['shared_buffers', '16MB'],
    ]) {
      expect([name, await ask(url, `show ${name}`)]).toEqual([name, value]);
    }
    await expect(ask(url.replace(/:[0-9a-f]{48}@/, ':guess@'), 'select 1')).rejects.toThrow(
      'password authentication failed',
    );
    expect(statSync(join(dataDir, 'postgres/convoledger.password')).mode & 0o777).toBe(0o600);
    expect(readdirSync(dataDir).sort()).toEqual(['owner.sock', 'postgres']);
  });

  it('works in an empty environment', async () => {
    const { url } = await own(newDataDir(), {}).answer;
    expect(await ask(url ?? '', 'show server_encoding')).toBe('UTF8');
  });

  it('is not stopped by what a killed first start left half-made', async () => {
    const dataDir = newDataDir();
    writeFileSync(join(dataDir, 'postgres.new-00000000.password'), 'half');
    const { url } = await start(dataDir);
    expect(await ask(url, 'select 1')).toBe(1);
    expect(readdirSync(dataDir)).not.toContain('postgres.new-00000000.password');
  });

  it('can be given up, and leaves nothing running', async () => {
    const dataDir = newDataDir();
    const abort = new AbortController();
    const starting = startEmbeddedServer({ dataDir, settings, signal: abort.signal });
    while (!existsSync(join(dataDir, 'postgres/postmaster.pid'))) await sleep(5);
    const pid = serverPid(dataDir);
    abort.abort(new Error('enough'));
    await expect(starting).rejects.toThrow('enough');
    expect(isAlive(pid)).toBe(false);
  });

  it('makes the folders above its own, and ends with a sentence where none can be made', async () => {
    await start(join(newDataDir(), 'not', 'yet'));
    const file = join(newDataDir(), 'file');
    writeFileSync(file, '');
    // Below /proc a folder is said not to be found while it is being made.
    for (const dataDir of ['/proc/none/data', file, join(file, 'data')]) {
      await expect(start(dataDir)).rejects.toThrow(/^DATA_DIR must be a folder that can be made/);
    }
  });

  it('says which files are in the way of the database', async () => {
    const dataDir = newDataDir();
    mkdirSync(join(dataDir, 'postgres'));
    writeFileSync(join(dataDir, 'postgres/holiday.jpg'), '');
    await expect(start(dataDir)).rejects.toThrow(/holds files but no database/);
  });

  it('works below a path that is too long for a socket', async () => {
    const dataDir = join(newDataDir(), 'long'.repeat(20), 'long'.repeat(20));
    mkdirSync(dataDir, { recursive: true });
    const server = await start(dataDir);
    expect(await ask(server.url, 'select 1')).toBe(1);
    await expect(start(dataDir)).rejects.toThrow(`(pid ${process.pid})`);
    await server.stop();
    expect(readdirSync(dataDir)).toEqual(['postgres']);
  });
});

(isRoot ? describe : describe.skip)('as root', () => {
  it('runs as a user without rights, in a folder that this user may enter', async () => {
    const dataDir = newDataDir();
    await start(dataDir);
    expect(statSync(join(dataDir, 'postgres')).uid).not.toBe(0);
    expect(realpathSync(join(dataDir, 'postgres'))).toBe(join(realpathSync(dataDir), 'postgres'));
    expect(statSync(`/proc/${serverPid(dataDir)}`).uid).toBe(statSync(join(dataDir, 'postgres')).uid);
  });

  it('keeps the data elsewhere where that user may not enter DATA_DIR, and finds them again', async () => {
    const dataDir = newDataDir(0o700);
    const first = await start(dataDir);
    await ask(first.url, 'create table kept as select 7 as it');
    await first.stop();
    expect(realpathSync(join(dataDir, 'postgres'))).toMatch(
      /^\/var\/lib\/convoledger\/postgres-[0-9a-f]{8}$/,
    );
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    const second = await start(dataDir);
    expect(await ask(second.url, 'select it from kept')).toBe(7);
  });
});

describe('start after a violent end', () => {
  it('of node alone: the server ends by itself and keeps the data', async () => {
    const dataDir = usedDataDir;
    const owner = own(dataDir);
    const { url = '' } = await owner.answer;
    await ask(url, 'drop table if exists kept; create table kept as select 7 as it');
    const left = serverPid(dataDir);
    await killHard(owner);
    while (isAlive(left)) await sleep(20);
    expect(existsSync(join(dataDir, 'postgres/postmaster.pid'))).toBe(false);
    const events: string[] = [];
    const server = await start(dataDir, events);
    expect(await ask(server.url, 'select it from kept')).toBe(7);
    expect(events).toEqual([]);
  });

  it('of node and what watches over it: stops the server that was left, keeps the data', async () => {
    const dataDir = usedDataDir;
    const owner = own(dataDir);
    const { url = '' } = await owner.answer;
    await ask(url, 'drop table if exists kept; create table kept as select 7 as it');
    const left = serverPid(dataDir);
    for (const watcher of watchersOf(owner, left)) process.kill(watcher, 'SIGKILL');
    await killHard(owner);
    expect(isAlive(left)).toBe(true);
    const events: string[] = [];
    const server = await start(dataDir, events);
    expect(await ask(server.url, 'select it from kept')).toBe(7);
    expect(isAlive(left)).toBe(false);
    expect(events).toEqual(['A PostgreSQL that an earlier run left behind is stopped.']);
  });

  it('of everything, when the pid in the lock file now belongs to another process', async () => {
    const dataDir = usedDataDir;
    const owner = own(dataDir);
    await owner.answer;
    const file = join(dataDir, 'postgres/postmaster.pid');
    const left = serverPid(dataDir);
    process.kill(left, 'SIGSTOP');
    await killHard(owner);
    process.kill(left, 'SIGKILL');
    while (isAlive(left)) await sleep(10);
    const bystander = own(otherDataDir);
    await bystander.answer;
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, String(bystander.child.pid)));
    const server = await start(dataDir);
    expect(await ask(server.url, 'select 1')).toBe(1);
    expect(bystander.child.exitCode).toBeNull();
    expect(bystander.child.signalCode).toBeNull();
  });

  it('when the recycled pid belongs to the server of another folder, which stays alive', async () => {
    const other = otherDataDir;
    const living = await start(other);
    const dataDir = usedDataDir;
    const first = await start(dataDir);
    const left = readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8');
    await first.stop();
    writeFileSync(join(dataDir, 'postgres/postmaster.pid'), left.replace(/^\d+/, String(serverPid(other))));
    const second = await start(dataDir);
    expect(await ask(second.url, 'select 1')).toBe(1);
    expect(await ask(living.url, 'select 1')).toBe(1);
  });
});

describe('two at once', () => {
  it('refuses the second with the pid of the first, whose server goes on', async () => {
    const dataDir = usedDataDir;
    const owner = own(dataDir);
    const { url = '' } = await owner.answer;
    const pid = serverPid(dataDir);
    await expect(start(dataDir)).rejects.toThrow(
      `Another Convoledger (pid ${owner.child.pid}) uses the data folder`,
    );
    expect(serverPid(dataDir)).toBe(pid);
    expect(await ask(url, 'select 1')).toBe(1);
  });

  it('lets exactly one of four win that start in the same moment after a kill', async () => {
    const dataDir = usedDataDir;
    await killHard(own(dataDir));
    const answers = await Promise.all([1, 2, 3, 4].map(() => own(dataDir).answer));
    const winners = answers.filter((answer) => answer.url);
    expect(winners).toHaveLength(1);
    expect(await ask(winners[0]?.url ?? '', 'select 1')).toBe(1);
    for (const { error } of answers.filter((answer) => answer.error))
      expect(error).toMatch(/DATA_DIR|claimed/);
  });
});

describe('while it runs', () => {
  it('starts a killed server again at the same address', async () => {
    const dataDir = usedDataDir;
    const events: string[] = [];
    const { url } = await start(dataDir, events);
    await ask(url, 'drop table if exists kept; create table kept as select 7 as it');
    process.kill(serverPid(dataDir), 'SIGKILL');
    expect(await askSoon(url, 'select it from kept')).toBe(7);
    expect(events[0]).toBe('The embedded PostgreSQL ended by itself and is started again.');
  });

  (onLinux ? it : it.skip)('does so even if a backend of it is still computing', async () => {
    const dataDir = usedDataDir;
    const { url } = await start(dataDir);
    const busy = ask(url, 'select count(*) from generate_series(1, 1000000000) a').catch(
      (error: Error) => error,
    );
    await sleep(200);
    process.kill(serverPid(dataDir), 'SIGKILL');
    expect(await askSoon(url, 'select 1')).toBe(1);
    expect(await busy).toBeInstanceOf(Error);
  });

  it('tells command line tools its address, and after the stop that there is none', async () => {
    const dataDir = usedDataDir;
    expect(await embeddedUrlIfRunning(newDataDir())).toBeNull();
    expect(await embeddedUrlIfRunning(dataDir)).toBeNull();
    const server = await start(dataDir);
    expect(await embeddedUrlIfRunning(dataDir)).toBe(server.url);
    const pid = serverPid(dataDir);
    await Promise.all([server.stop(), server.stop()]);
    expect(isAlive(pid)).toBe(false);
    expect(await embeddedUrlIfRunning(dataDir)).toBeNull();
    expect(readdirSync(dataDir)).toEqual(['postgres']);
  });

  (onLinux ? it : it.skip)('is out of reach of the signals of a terminal', async () => {
    const dataDir = usedDataDir;
    await start(dataDir);
    const session = (pid: number | string) =>
      readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3];
    expect(session(serverPid(dataDir))).toBe(String(serverPid(dataDir)));
  });
});
