import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { jest } from '@jest/globals';
import { describeDatabase } from '../../src/database/describe-database.js';
import { ADMIN, cloneDatabase, openClient, startTestApp, type TestApp } from '../harness.js';
import { removeDataDir } from '../start/harness.js';
import { runCommandProcess, startCommand } from './run-command.js';

jest.setTimeout(120_000);

const CREATED = 1_758_900_000;

describe('every command', () => {
  let app: TestApp;
  let folder: string;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    app = await startTestApp();
    folder = mkdtempSync(join(tmpdir(), 'convoledger-commands-'));
    env = { DATABASE_URL: app.databaseUrl };
    writeFileSync(join(folder, 'ids'), 'erased\n');
    writeFileSync(
      join(folder, 'bodies'),
      `{"conversation_id":"c","message_id":"imported","create_time":${CREATED - 5}}\n`,
    );
    await app.send({ conversation_id: 'c', message_id: 'newest', create_time: CREATED });
    await app.send({ conversation_id: 'erased', message_id: 'later', create_time: CREATED + 100 });
  });
  afterAll(async () => {
    await app.close();
    rmSync(folder, { recursive: true });
  });
  const file = (name: string) => join(folder, name);

  it.each([
    ['erase', () => [file('ids')], {}, 1],
    ['import', () => [file('bodies')], {}, 2],
    ['verify', () => [], {}, 2],
    ['rebuild', () => [], {}, 2],
    ['reindex', () => ['--all'], {}, 2],
    ['reread', () => [], {}, 2],
    ['retain', () => ['--dry-run'], { RETAIN_RAW_DAYS: '1' }, 2],
    ['backup', () => [file('backup')], {}, 2],
  ])('says which database it worked on, and what that holds: %s', async (name, args, more, messages) => {
    const { code, stdout, stderr } = await runCommandProcess(name, args(), { ...env, ...more });
    expect([code, stderr]).toEqual([0, '']);
    const newest = new Date(CREATED * 1_000).toISOString();
    expect(stdout.toString()).toMatch(
      new RegExp(
        `\nDatabase: ${describeDatabase(app.databaseUrl)}\\. Messages in it: ${messages}, the newest from ${newest}\\.\n$`,
      ),
    );
    expect(stdout.toString()).not.toContain(new URL(app.databaseUrl).password || 'no password');
  });

  it('names the database beside what went wrong', async () => {
    const { code, stderr } = await runCommandProcess('erase', [file('none')], env);
    expect(code).toBe(1);
    expect(stderr).toContain('The file of ids cannot be read');
    expect(stderr).toContain(
      `Database: ${describeDatabase(app.databaseUrl)}. Messages in it: 2, the newest from `,
    );
  });

  it('restores from standard input what it backed up to standard output', async () => {
    const { code, stdout, stderr } = await runCommandProcess('backup', ['-'], env);
    expect([code, gunzipSync(stdout).toString().slice(0, 30)]).toEqual([0, '{"format":"convoledger-backup"']);
    expect(stderr).toMatch(/^Rows in standard output: \d+\.\nDatabase: .* Messages in it: 2, /m);
    const target = await cloneDatabase();
    const restored = await runCommandProcess('restore', ['-'], { DATABASE_URL: target.url }, stdout);
    expect([restored.code, restored.stdout.toString()]).toEqual([
      0,
      expect.stringMatching(/^Rows restored: \d+\..*\nDatabase: .* Messages in it: 2, /),
    ]);
    await target.drop();
  });

  it('says of a database without messages that it holds none', async () => {
    const empty = await cloneDatabase();
    const { stdout } = await runCommandProcess('rebuild', [], { DATABASE_URL: empty.url });
    expect(stdout.toString()).toMatch(/It holds no messages\.\n$/);
    await empty.drop();
  });
});

describe('verify', () => {
  const EMPTY = 'The instance is empty: no messages, no deliveries, no statements.';
  const NOT_COMPLETED = 'if a backup was to be restored, that was not completed, so restore it again.';
  const verify = async (databaseUrl: string) => {
    const { code, stdout, stderr } = await runCommandProcess('verify', [], { DATABASE_URL: databaseUrl });
    return { code, stdout: stdout.toString(), stderr };
  };

  it('says what it checked, and of an instance that was only started that it is empty', async () => {
    const app = await startTestApp();
    const empty = await verify(app.databaseUrl);
    expect([empty.code, empty.stderr]).toEqual([0, '']);
    expect(empty.stdout).toContain(
      `Checked: messages: 0, ledger entries: 0, statements: 0.\n${EMPTY}\nDatabase: `,
    );
    await app.send('a body that waits in quarantine');
    expect((await verify(app.databaseUrl)).stdout).not.toContain('empty');
    await app.send({
      conversation_id: 'c',
      message_id: 'm',
      create_time: CREATED,
      usage: { tokens: { total_tokens: 1 } },
    });
    const filled = await verify(app.databaseUrl);
    expect(filled.stdout).toContain(
      'Checked: messages: 1, ledger entries: 1, statements: 0.\nEvery sum is what the ledger adds up to, ',
    );
    const admin = { authorization: `Bearer ${ADMIN}` };
    await fetch(`${app.url}/v1/conversations/c`, { method: 'DELETE', headers: admin });
    expect((await verify(app.databaseUrl)).stdout).toMatch(
      /Checked: messages: 1 \(1 of them erased\), [\s\S]*It holds no messages\./,
    );
    await app.close();
  });

  it('says that a restore was not completed', async () => {
    const app = await startTestApp();
    await app.send({ conversation_id: 'c', message_id: 'm', create_time: CREATED, text: 'x'.repeat(10_000) });
    const { stdout: backup } = await runCommandProcess('backup', ['-'], { DATABASE_URL: app.databaseUrl });
    await app.close();
    const target = await cloneDatabase();
    const cut = backup.subarray(0, backup.length - 20);
    const restored = await runCommandProcess('restore', ['-'], { DATABASE_URL: target.url }, cut);
    expect([restored.code, restored.stderr]).toEqual([1, expect.stringContaining('cut')]);
    const half = await verify(target.url);
    expect([half.code, half.stdout]).toEqual([0, expect.stringContaining(EMPTY)]);
    expect(half.stdout).toContain(NOT_COMPLETED);
    await runCommandProcess('restore', ['-'], { DATABASE_URL: target.url }, backup);
    const whole = await verify(target.url);
    expect([whole.code, whole.stdout]).toEqual([0, expect.stringContaining('Checked: messages: 1,')]);
    await target.drop();
  });

  it('says that a database without a schema, or with half of one, holds nothing', async () => {
    const target = await cloneDatabase();
    const client = await openClient(target.url);
    // As a restore of an older backup leaves it that ended before the rows came.
    await client.query(
      'delete from _prisma_migrations where migration_name = (select max(migration_name) from _prisma_migrations)',
    );
    const half = await verify(target.url);
    expect([half.code, half.stderr]).toEqual([1, expect.stringContaining('It holds no messages.')]);
    await client.query('drop schema public cascade; create schema public');
    const none = await verify(target.url);
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('The database is empty: ')]);
    await client.end();
    await target.drop();
  });
});

describe('a password of special characters', () => {
  it('may be given beside the address, as docker-compose.yml does, to the server and to commands', async () => {
    const password = `p@ss/w:rd%2 'x$y`;
    const admin = await openClient(process.env.TEST_SERVER_URL!);
    const role = `role_${process.pid}`;
    await admin.query(`create role ${role} superuser login password ${admin.escapeLiteral(password)}`);
    process.env.PGPASSWORD = password;
    let address = '';
    const app = await startTestApp({}, async (url) => {
      address = Object.assign(new URL(url), { username: role, password: '' }).href;
      return address;
    });
    expect(address).toMatch(new RegExp(`^postgres(ql)?://${role}@`));
    expect((await app.send({ conversation_id: 'c', message_id: 'm', create_time: CREATED })).status).toBe(
      200,
    );
    const { stdout } = await runCommandProcess('verify', [], { DATABASE_URL: address, PGPASSWORD: password });
    expect(stdout.toString()).toContain('Messages in it: 1, ');
    await app.close();
    // Each new connection reads it.
    delete process.env.PGPASSWORD;
    await admin.query(`drop owned by ${role}`);
    await admin.query(`drop role ${role}`);
    await admin.end();
  });
});

describe('retain --dry-run', () => {
  it('speaks of raw bodies also where none would go', async () => {
    const empty = await cloneDatabase();
    const env = { DATABASE_URL: empty.url, RETAIN_RAW_DAYS: '1' };
    const { stdout } = await runCommandProcess('retain', ['--dry-run'], env);
    expect(stdout.toString()).toContain('Raw bodies that would go: 0. Messages whose texts would go: 0.\n');
    await empty.drop();
  });
});

describe('a backup', () => {
  const lastBackup = async (app: TestApp) =>
    /^convoledger_last_backup_timestamp_seconds (\S+)$/m.exec(
      await (await fetch(`${app.url}/metrics`)).text(),
    )?.[1];

  it('is in the audit, and its age in the metrics once there is one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'convoledger-backup-'));
    const app = await startTestApp();
    const path = join(folder, 'backup');
    expect(await lastBackup(app)).toBeUndefined();
    const failed = await runCommandProcess('backup', [join(folder, 'no/folder')], {
      DATABASE_URL: app.databaseUrl,
    });
    expect(failed.code).toBe(1);
    expect((await runCommandProcess('backup', [path], { DATABASE_URL: app.databaseUrl })).code).toBe(0);
    const made = (await app.get('/v1/audit')).body.data.filter(
      ({ action }: { action: string }) => action === 'backup.made',
    );
    expect(made).toMatchObject([{ subject: path, details: { rows: expect.any(Number) } }]);
    await app.close();
    // What was asked of the database is remembered for some seconds, so another process is asked.
    const next = await startTestApp();
    await next.database.pool.query(
      `insert into audit_event (at, action) values ('2026-10-03T04:02:03Z', 'backup.made')`,
    );
    expect(Number(await lastBackup(next))).toBe(Date.parse('2026-10-03T04:02:03Z') / 1_000);
    await next.close();
    rmSync(folder, { recursive: true });
  });

  it('of a database that cannot be written to is complete, and says that it could not be recorded', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'convoledger-backup-'));
    const replica = await cloneDatabase();
    const admin = await openClient(process.env.TEST_SERVER_URL!);
    const name = new URL(replica.url).pathname.slice(1);
    await admin.query(`alter database ${name} set default_transaction_read_only = on`);
    await admin.end();
    const { code, stderr } = await runCommandProcess('backup', [join(folder, 'backup')], {
      DATABASE_URL: replica.url,
    });
    expect([code, readdirSync(folder)]).toEqual([0, ['backup']]);
    expect(stderr).toMatch(/^The backup is complete, but could not be recorded: /m);
    await replica.drop();
    rmSync(folder, { recursive: true });
  });
});

describe('a command on an embedded database', () => {
  let dataDir: string;
  beforeAll(() => {
    dataDir = join(mkdtempSync(join(tmpdir(), 'convoledger-embedded-')), 'data');
  });
  afterAll(() => removeDataDir(dataDir));

  it('starts none where there is none, and names the folder', async () => {
    const { code, stderr } = await runCommandProcess('backup', ['-'], { DATA_DIR: dataDir });
    expect([code, existsSync(dataDir)]).toEqual([1, false]);
    expect(stderr).toContain(`embedded PostgreSQL in ${dataDir}`);
  });

  it('leaves no server behind, also after kill -9', async () => {
    const pidFile = join(dataDir, 'postgres/postmaster.pid');
    const isAlive = (pid: number) => {
      try {
        return !/^\S+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      } catch {
        return false;
      }
    };
    const child = startCommand('restore', ['/dev/null'], { DATA_DIR: dataDir });
    while (!existsSync(pidFile)) await sleep(5);
    const server = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
    child.kill('SIGKILL');
    // Without a limit of its own: Jest's is the bound.
    while (isAlive(server)) await sleep(20);
    const again = await runCommandProcess('restore', ['/dev/null'], { DATA_DIR: dataDir });
    expect(again.code).toBe(1);
    expect(again.stderr).toContain(`DATABASE_URL is not set: starting the embedded PostgreSQL in ${dataDir}`);
    expect(readdirSync(realpathSync(dataDir))).not.toContain('owner.sock');
  });
});
