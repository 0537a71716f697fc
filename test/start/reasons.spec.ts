import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { readConfig } from '../../src/config.js';
import { DatabaseService } from '../../src/database/database.service.js';
import { startEmbeddedServer } from '../../src/database/embedded-server.js';
import { explainFailure } from '../../src/database/explain-failure.js';
import { prepareDatabase } from '../../src/database/prepare.js';
import { createLogger } from '../../src/logging.js';
import { cloneDatabase, openClient } from '../harness.js';

jest.setTimeout(120_000);

const ROLE = `Led"ger_${process.pid}`;
const QUOTED = `"Led""ger_${process.pid}"`;
const asRoot = process.getuid?.() === 0;

/** What a start says of this database, or that it can work with it. */
async function said(url: string): Promise<string> {
  const logger = createLogger('silent');
  const config = readConfig({ DATABASE_URL: url });
  const database = new DatabaseService(url, logger);
  const sentences: string[] = [];
  try {
    await prepareDatabase(database, config, logger, new AbortController().signal, (sentence) =>
      sentences.push(sentence),
    );
    return ['can work', ...sentences].join('\n');
  } catch (error) {
    return explainFailure(error, url) ?? `unexplained: ${String(error)}`;
  } finally {
    await database.onApplicationShutdown();
  }
}

const nameOf = (url: string) => new URL(url).pathname.slice(1);

async function run(url: string, sql: string): Promise<void> {
  const client = await openClient(url);
  await client.query(sql).finally(() => client.end());
}

/** The program as an operator runs it, to its end. */
async function start(env: NodeJS.ProcessEnv): Promise<{ code: number | null; stdout: string }> {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const child = spawn(process.execPath, ['bin/start.mjs'], {
    env: { ...inherited, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  await once(child, 'exit');
  return { code: child.exitCode, stdout };
}

describe('a start on a server that it cannot work with says why', () => {
  let database: Awaited<ReturnType<typeof cloneDatabase>>;
  let empty: string;
  const named = (changes: object, url = database.url) => Object.assign(new URL(url), changes).href;
  const limited = (url: string) => named({ username: encodeURIComponent(ROLE), password: 'secret' }, url);

  beforeAll(async () => {
    database = await cloneDatabase();
    empty = named({ pathname: `/empty_${process.pid}` });
    const server = process.env.TEST_SERVER_URL!;
    await run(server, `create role ${QUOTED} login password 'secret'`);
    await run(server, `create database empty_${process.pid} encoding 'UTF8' template template0`);
  });
  afterAll(async () => {
    const server = process.env.TEST_SERVER_URL!;
    await run(server, `drop database empty_${process.pid} with (force)`);
    await database.drop();
    await run(server, `drop role ${QUOTED}`);
  });

  it('where it may not make tables, with the right to grant', async () => {
    const name = `empty_${process.pid}`;
    expect(await said(limited(empty))).toBe(
      `The user of DATABASE_URL may not make tables in the schema public of the database ${name}. Run there, as its owner: GRANT USAGE, CREATE ON SCHEMA public TO ${QUOTED};`,
    );
    await run(empty, 'drop schema public');
    expect(await said(limited(empty))).toContain(`CREATE SCHEMA public AUTHORIZATION ${QUOTED};`);
    // What the sentence says is enough.
    await run(empty, `create schema public authorization ${QUOTED}`);
    expect(await said(limited(empty))).toBe('can work');
  });

  it('where it may not connect', async () => {
    await run(empty, `revoke connect on database empty_${process.pid} from public`);
    expect(await said(limited(empty))).toContain(
      `GRANT CONNECT ON DATABASE "empty_${process.pid}" TO ${QUOTED};`,
    );
  });

  it('where the tables belong to another role', async () => {
    await run(database.url, `grant create on schema public to ${QUOTED}`);
    // Defaults that end a session with its first error keep no reason from being named.
    expect(await said(limited(database.url))).toContain("needs session_replication_role = 'origin'");
    await run(database.url, `alter database ${nameOf(database.url)} reset session_replication_role`);
    const owner = `"${new URL(database.url).username}"`;
    expect(await said(limited(database.url))).toContain(`GRANT ${owner} TO ${QUOTED};`);
    await run(database.url, `revoke create on schema public from ${QUOTED}`);
  });

  it('where the database is not there', async () => {
    expect(await said(named({ pathname: '/nowhere' }))).toMatch(
      /There is no database nowhere at 127\.0\.0\.1:\d+\. Make it there: CREATE DATABASE "nowhere" ENCODING 'UTF8'/,
    );
  });

  it('where it accepts no writes', async () => {
    const name = new URL(database.url).pathname.slice(1);
    await run(database.url, `alter database ${name} set default_transaction_read_only = on`);
    expect(await said(database.url)).toMatch(/accepts no writes: default_transaction_read_only is on/);
    await run(process.env.TEST_SERVER_URL!, `alter database ${name} reset default_transaction_read_only`);
    expect(await said(database.url)).toBe('can work');
  });

  it('and warns where the clock is behind the newest record, and goes on', async () => {
    await run(database.url, `update ledger_state set recorded_at = now() + interval '3 hours'`);
    expect(await said(database.url)).toMatch(
      /^can work\nThe clock of the database server shows \S+Z, which is before the newest record, of \S+Z: recording times never go back/,
    );
    await run(database.url, `update ledger_state set recorded_at = now()`);
  });
});

describe('a start on a server of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'convoledger-reasons-'));
  chmodSync(folder, 0o755);
  const settings = { fsync: 'off', shared_buffers: '16MB' };
  let url: string;
  afterAll(() => {
    rmSync(realpathSync(join(folder, 'postgres')), { recursive: true });
    rmSync(folder, { recursive: true });
  });

  it('says that it needs TLS that is not there, or another password', async () => {
    const server = await startEmbeddedServer({ dataDir: folder, settings });
    url = server.url;
    expect(await said(url)).toBe('can work');
    expect(await said(`${url}?sslmode=verify-full`)).toMatch(/offers no TLS, which DATABASE_URL asks for/);
    expect(await said(Object.assign(new URL(url), { password: 'other' }).href)).toMatch(
      /does not accept the password/,
    );
    await server.stop();
  });

  it('says how to trust a private authority', async () => {
    const cluster = realpathSync(join(folder, 'postgres'));
    const [key, certificate] = [join(cluster, 'server.key'), join(cluster, 'server.crt')];
    const made = spawnSync(
      'openssl',
      `req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout ${key} -out ${certificate}`.split(
        ' ',
      ),
    );
    expect(made.status).toBe(0);
    if (asRoot) {
      const { stdout } = spawnSync('stat', ['-c', '%u', cluster], { encoding: 'utf8' });
      for (const file of [key, certificate]) chownSync(file, Number(stdout), -1);
    }
    chmodSync(key, 0o600);
    const server = await startEmbeddedServer({ dataDir: folder, settings: { ...settings, ssl: 'on' } });
    expect(await said(`${server.url}?sslmode=require`)).toMatch(
      /certificate of the database server \(convoledger at 127.0.0.1:\d+\) cannot be verified \(DEPTH_ZERO_SELF_SIGNED_CERT\)\. .*sslmode=verify-full&sslrootcert=/,
    );
    expect(await said(`${server.url}?sslmode=verify-full&sslrootcert=/nowhere.pem`)).toMatch(
      /A file that DATABASE_URL names .* cannot be read \(ENOENT\)/,
    );
    const trusted = join(folder, 'ca.pem');
    spawnSync('cp', [certificate, trusted]);
    expect(await said(`${server.url}?sslmode=verify-full&sslrootcert=${trusted}`)).toBe('can work');
    expect(await said(`${server.url}?sslmode=no-verify`)).toBe('can work');
    await server.stop();
  });

  it('says that a replica only reads', async () => {
    writeFileSync(join(realpathSync(join(folder, 'postgres')), 'standby.signal'), '', { mode: 0o644 });
    const server = await startEmbeddedServer({ dataDir: folder, settings });
    expect(await said(server.url)).toMatch(/is a replica that only reads: name its primary/);
    await server.stop();
  });
});

describe('the program', () => {
  it('names its version and database, then ends with a sentence', async () => {
    const url = Object.assign(new URL(process.env.TEST_SERVER_URL!), { pathname: '/nowhere' });
    const { code, stdout } = await start({ DATABASE_URL: url.href });
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^Convoledger \d+\.\d+\.\d+.*\nDatabase: nowhere at 127\.0\.0\.1:\d+\nThere is no database /,
    );
    if (url.password) expect(stdout).not.toContain(url.password);
  });

  it('ends where a parameter of the address is not honoured', async () => {
    const url = `${process.env.TEST_SERVER_URL}?schema=ledger&connection_limit=5`;
    const { code, stdout } = await start({ DATABASE_URL: url });
    expect([code, stdout]).toEqual([
      1,
      'DATABASE_URL has the parameter schema, which is not honoured: the tables always live in the schema public; for another instance use another database. Remove it.\n' +
        'DATABASE_URL has the parameter connection_limit, which is not honoured: the sizes of the pools are fixed. Remove it.\n',
    ]);
  });
});
