import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import pg from 'pg';
import { restoreBackup } from '../../src/backup/restore-backup.js';
import { writeBackup } from '../../src/backup/write-backup.js';
import { connect } from '../../src/database/connect.js';
import { fixSession, UnusableSession } from '../../src/database/session.js';
import { cloneDatabase, openClient, startTestApp, type TestApp } from '../harness.js';
import { HOSTILE, makeHostile } from '../hostile-defaults.js';
import { call } from '../post.js';

jest.setTimeout(60_000);

/** Sets what the sessions of a database, or of a role, begin with. */
async function spoil(url: string, whose: (database: string) => string): Promise<void> {
  const client = await openClient(url);
  const database = new URL(url).pathname.slice(1);
  for (const sql of makeHostile(whose(database))) await client.query(sql);
  await client.end();
}

/** What a session of any other program has. */
async function asItComes<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return work(client).finally(() => client.end().catch(() => {}));
}

describe('the source', () => {
  it('makes connections in one place, which fixes their session', async () => {
    const files = (await readdir('src', { recursive: true })).filter(
      (file) => file.endsWith('.ts') && !/generated|console\/web/.test(file),
    );
    const makers = [];
    for (const file of files) {
      const text = await readFile(join('src', file), 'utf8');
      if (/new (pg\.)?(Pool|Client)\(|new PrismaPg\((?!this\.pool\))/.test(text)) makers.push(file);
    }
    expect(makers).toEqual(['database/connect.ts']);
  });
});

describe('a database whose defaults are not ours', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({}, async (url) => {
      await spoil(url, (database) => `database ${database}`);
      return url;
    });
  });
  afterAll(() => app.close());

  it('has them, in any other session', async () => {
    const found = await asItComes(app.databaseUrl, async (client) => {
      const { rows } = await client.query({
        text: 'select current_setting(name) from unnest($1::text[]) as asked (name)',
        values: [Object.keys(HOSTILE)],
        rowMode: 'array',
      });
      return Object.fromEntries(Object.keys(HOSTILE).map((name, index) => [name, rows[index]![0]]));
    });
    // The driver itself asks for this one.
    expect(found).toEqual({ ...HOSTILE, client_encoding: 'UTF8', TimeZone: 'Europe/Berlin' });
  });

  it('counts the messages of October in Berlin, and those of a statement', async () => {
    const instants = [
      '2025-10-31T21:30:00Z',
      '2025-10-31T22:30:00Z',
      '2025-10-31T23:30:00Z',
      '2025-11-01T00:30:00Z',
      '2025-09-30T22:30:00Z',
    ];
    for (const [index, instant] of instants.entries()) {
      const answer = await app.send({
        conversation_id: 'c',
        message_id: `m${index}`,
        create_time: Date.parse(instant) / 1_000,
        text: 'grüße, 你好 \\ "q"',
        usage: { credits: { total_credits: '0.1' } },
      });
      expect(answer.status).toBe(200);
    }
    const { body } = await app.get('/v1/usage?period=2025-10&tz=Europe/Berlin&bucket=day');
    expect([body.totals.messages, body.totals.usage.credits.total_credits]).toEqual([3, '0.3']);
    expect(
      body.data
        .filter((row: { messages: number }) => row.messages > 0)
        .map((row: { start: string }) => row.start),
    ).toEqual(['2025-10-01T00:00:00.000+02:00', '2025-10-31T00:00:00.000+01:00']);

    const statement = await call(app, 'POST', '/v1/statements', { period: '2025-10', tz: 'Europe/Berlin' });
    expect([statement.status, statement.body.document?.totals.messages]).toEqual([201, 3]);
    const again = await app.get(`/v1/statements/${statement.body.id}`);
    expect([again.body.document.from, again.body.document.to]).toEqual([
      '2025-10-01T00:00:00.000+02:00',
      '2025-11-01T00:00:00.000+01:00',
    ]);
    const stored = await asItComes(app.databaseUrl, (client) =>
      client.query(
        `select extract(epoch from range_from)::bigint as from, extract(epoch from range_to)::bigint as to from public.statement`,
      ),
    );
    expect(stored.rows).toEqual([
      {
        from: String(Date.parse('2025-09-30T22:00:00Z') / 1_000),
        to: String(Date.parse('2025-10-31T23:00:00Z') / 1_000),
      },
    ]);
  });

  it('walks all messages, one by one', async () => {
    const seen: [string, string, string][] = [];
    let cursor: string | null = null;
    do {
      const { status, body } = await app.get(`/v1/messages?limit=1${cursor ? `&cursor=${cursor}` : ''}`);
      expect(status).toBe(200);
      for (const { message_id, create_time, text } of body.data) seen.push([message_id, create_time, text]);
      cursor = body.next_cursor;
    } while (cursor !== null && seen.length < 10);
    expect(seen.map(([id, at]) => `${id} ${at}`)).toEqual([
      'm3 2025-11-01T00:30:00.000Z',
      'm2 2025-10-31T23:30:00.000Z',
      'm1 2025-10-31T22:30:00.000Z',
      'm0 2025-10-31T21:30:00.000Z',
      'm4 2025-09-30T22:30:00.000Z',
    ]);
    expect(seen[0]![2]).toBe('grüße, 你好 \\ "q"');
    expect((await app.get('/v1/messages?q=%E4%BD%A0%E5%A5%BD')).body.data).toHaveLength(5);
  });

  it('keeps a key that expires in ten minutes', async () => {
    const expires_at = new Date(Date.now() + 600_000).toISOString();
    const made = await call(app, 'POST', '/v1/keys', { label: 'soon', scopes: ['read'], expires_at });
    expect([made.status, made.body.expires_at]).toEqual([201, expires_at]);
    expect((await app.get('/v1/messages', made.body.token)).status).toBe(200);
    const past = new Date(Date.now() - 1_000).toISOString();
    await app.database.pool.query('update api_key set expires_at = $1 where id = $2', [
      past,
      made.body.key_id,
    ]);
    expect((await app.get('/v1/messages', made.body.token)).status).toBe(401);
  });

  it('backs up to a file that another such database is restored from', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'convoledger-session-'));
    const target = await cloneDatabase();
    await spoil(target.url, (database) => `database ${database}`);
    const source = await connect(app.databaseUrl, { name: 'command' });
    const file = join(folder, 'backup.gz');
    const written = await writeBackup(source, file);
    await source.end();
    const empty = await connect(target.url, { name: 'command' });
    expect(await restoreBackup(empty, file)).toBe(written);
    const { rows } = await empty.query<{ message: string; key: string }>(
      `select (select md5(string_agg(m::text, ',' order by id)) from message m) as message,
              (select md5(string_agg(k::text, ',' order by id)) from api_key k) as key`,
    );
    await empty.end();
    expect(
      (
        await app.database.pool.query(
          `select (select md5(string_agg(m::text, ',' order by id)) from message m) as message,
                  (select md5(string_agg(k::text, ',' order by id)) from api_key k) as key`,
        )
      ).rows,
    ).toEqual(rows);
    await target.drop();
    await rm(folder, { recursive: true });
  });
});

describe('a session that cannot be fixed', () => {
  const role = `limited_${process.pid}`;
  let app: TestApp;
  let url: string;
  beforeAll(async () => {
    app = await startTestApp({}, async (given) => {
      const client = await openClient(given);
      await client.query(`create role ${role} login password 'secret' in role current_user`);
      // Setting it needs a right that this role does not have.
      await client.query(`alter role ${role} set session_replication_role = origin`);
      // Or what is refused would end the session before it could be named.
      await client.query(`alter role ${role} set exit_on_error = off`);
      await client.end();
      url = Object.assign(new URL(given), { username: role, password: 'secret' }).href;
      return url;
    });
  });
  afterAll(async () => {
    await app.close();
    const client = await openClient(process.env.TEST_SERVER_URL!);
    await client.query(`drop role ${role}`);
    await client.end();
  });

  const beside = async (sql: string) => {
    const client = await openClient(app.databaseUrl);
    await client.query(sql);
    await client.end();
  };

  it('is refused with a sentence that names the setting, and is 503 to those who ask meanwhile', async () => {
    expect((await app.get('/v1/messages')).status).toBe(200);
    await beside(`alter role ${role} set session_replication_role = replica`);
    await beside(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`);
    const refused = connect(url, { name: 'test' });
    await expect(refused).rejects.toThrow(UnusableSession);
    await expect(refused).rejects.toThrow(/session_replication_role = 'origin'.*SQLSTATE 42501/);
    const message = { conversation_id: 'c', message_id: 'm', create_time: 1_758_900_000 };
    expect((await app.get('/v1/messages')).status).toBe(503);
    expect((await app.send(message)).status).toBe(503);
    await beside(`alter role ${role} set session_replication_role = origin`);
    expect((await app.get('/v1/messages')).status).toBe(200);
    expect((await app.send(message)).status).toBe(200);
  });

  it('is refused where a pooler drops what was set', async () => {
    await asItComes(app.databaseUrl, async (client) => {
      const query = client.query.bind(client) as (config: pg.QueryConfig) => Promise<unknown>;
      // Such a pooler resets a session, or takes another, between two statements.
      client.query = (async (config: pg.QueryConfig) => {
        const result = await query(config);
        await query({ text: `set TimeZone to 'Asia/Kathmandu'` });
        return result;
      }) as typeof client.query;
      await expect(fixSession(client, { name: 'test' })).rejects.toThrow(
        /needs TimeZone = 'UTC'.*it is 'Asia\/Kathmandu' although it was set.*session mode/,
      );
    });
  });
});
