import type pg from 'pg';
import {
  describeEarlierSessions,
  readSessionDefaults,
  reportEarlierSessions,
} from '../../src/repair/earlier-sessions.js';
import { describeWrongRows } from '../../src/repair/evidence.js';
import { CannotRepair, repairShifted } from '../../src/repair/mend.js';
import { cloneDatabase, type Json } from '../harness.js';
import {
  type EmptyDatabase,
  emptyDatabase,
  keptDatabase,
  onClient,
  readKept,
  runCommand,
  serve,
  startProcess,
} from './kept.js';

const kept = readKept('berlin');
const ENVIRONMENT = { INGEST_TOKEN: kept.tokens.ingest, ADMIN_TOKEN: kept.tokens.admin };

describe('a database that version 0.1 kept in Berlin', () => {
  let database: EmptyDatabase;
  beforeAll(async () => {
    database = await keptDatabase('berlin', { timezone: 'Europe/Berlin' });
  });
  afterAll(() => database.drop());

  /** All that a repair could touch. */
  const everything = () =>
    onClient(database.url, async (client) => {
      const rows: Json = {};
      for (const table of [
        'statement',
        'api_key',
        'agent',
        'audit_event',
        'credit_price',
        'earlier_sessions',
      ])
        rows[table] = (
          await client.query(`select to_jsonb(t) - 'last_used_at' as row from ${table} t order by 1`)
        ).rows;
      return rows;
    });
  /** A time is of something that the caller did within an instant that no database dated. */
  const expectWithin = (instant: Date, [from, to]: [string, string]) => {
    expect(instant.getTime()).toBeGreaterThanOrEqual(Date.parse(from));
    expect(instant.getTime()).toBeLessThanOrEqual(Date.parse(to));
  };

  it('is told of once, at the first start, before it is ready', async () => {
    const first = await startProcess(database.url, ENVIRONMENT);
    const [sentence = ''] = first.stdout.match(/^Sessions of this database .*$/m) ?? [];
    for (const word of [
      'Europe/Berlin',
      'statement',
      'api_key',
      'audit_event',
      'credit_price',
      'retention_state',
      'npm run repair -- --zone Europe/Berlin',
    ])
      expect(sentence).toContain(word);
    expect(first.stdout.indexOf(sentence)).toBeLessThan(first.stdout.indexOf('Convoledger is ready: '));
    const logged = first.stderr.split('\n').filter((line) => line.includes('Sessions of this database'));
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([{ level: 40, msg: sentence }]);
    const second = await startProcess(database.url, ENVIRONMENT);
    expect(second.stdout + second.stderr).not.toContain('Sessions of this database');
  }, 60_000);

  it('is named by verify, row by row', async () => {
    const { code, stdout } = await runCommand(database.url, 'verify');
    expect(code).toBe(1);
    for (const { id } of kept.statements)
      expect(stdout).toMatch(new RegExp(`^statement ${id}: range_from is `, 'm'));
    expect(stdout).toContain(
      `statement ${kept.statements[0].id}: range_to is 2026-10-31T23:00:00.000Z, its period in its zone says 2026-11-01T00:00:00.000Z`,
    );
    for (const { key_id, expires_at } of kept.keys) {
      expect(stdout).toMatch(new RegExp(`^api_key ${key_id}: created_at is `, 'm'));
      if (expires_at !== null)
        expect(stdout).toMatch(new RegExp(`^api_key ${key_id}: expires_at is .* says ${expires_at}$`, 'm'));
    }
    // The two that the start made are right.
    expect(stdout.match(/^api_key \S+: created_at/gm)).toHaveLength(kept.keys.length);
    expect(stdout).not.toMatch(/^audit_event [12]:/m);
    expect(stdout).toMatch(/^audit_event 3: at is /m);
  });

  it.each([
    [
      'another zone',
      ['--zone', 'America/New_York'],
      'not as sessions of America/New_York would have stored them',
    ],
    ['a zone that is too far', ['--zone', 'Asia/Tokyo'], 'not as sessions of Asia/Tokyo'],
    ['UTC', ['--zone', 'UTC'], 'not as sessions of UTC'],
    ['no zone of the database of zones', ['--zone', 'Nonsense+5'], '--zone must be the IANA name'],
    ['no zone at all', ['--dry-run'], 'Usage: '],
    ['an option it does not know', ['--zone', 'Europe/Berlin', '--force'], 'Usage: '],
  ])('is not repaired for %s', async (_, args, sentence) => {
    const before = await everything();
    const { code, stderr } = await runCommand(database.url, 'repair', args);
    expect([code, stderr]).toEqual([1, expect.stringContaining(sentence)]);
    expect(await everything()).toEqual(before);
  });

  it('shows with --dry-run what would be mended, and changes nothing', async () => {
    const before = await everything();
    const { code, stdout } = await runCommand(database.url, 'repair', [
      '--zone',
      'Europe/Berlin',
      '--dry-run',
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      `statement ${kept.statements[0].id}: range_from 2026-09-30T22:00:00.000Z → 2026-10-01T00:00:00.000Z\n`,
    );
    expect(stdout).toContain('Nothing was changed.');
    expect(await everything()).toEqual(before);
  });

  it('is mended in one go, but for the documents', async () => {
    const before = await everything();
    const { code, stdout } = await runCommand(database.url, 'repair', ['--zone', 'Europe/Berlin']);
    expect(code).toBe(0);
    const [, mended] = /^Times that were mended: (\d+)\.$/m.exec(stdout) ?? [];
    expect(stdout.match(/ → /g)).toHaveLength(Number(mended));
    await onClient(database.url, async (client) => {
      const one = async (sql: string, id: string) => (await client.query(sql, [id])).rows[0];
      for (const { id, from, to, sha256, document, made_between } of kept.statements) {
        const row = await one(
          `select range_from, range_to, closed_at, encode(sha256, 'hex') as sha256, convert_from(document, 'UTF8') as document,
             (select at from audit_event where subject = statement.id::text) as at from statement where id = $1`,
          id,
        );
        expect(row).toMatchObject({ range_from: new Date(from), range_to: new Date(to), sha256, document });
        expectWithin(row.closed_at, made_between);
        expectWithin(row.at, made_between);
      }
      for (const { key_id, expires_at, made_between } of kept.keys) {
        const row = await one(
          `select created_at, expires_at, revoked_at, (select at from audit_event where action = 'key.created' and subject = api_key.id::text) as at
           from api_key where id = $1`,
          key_id,
        );
        expectWithin(row.created_at, made_between);
        expectWithin(row.at, made_between);
        expect(row.expires_at).toEqual(expires_at === null ? null : new Date(expires_at));
      }
      const { rows } = await client.query('select id, at from audit_event order by id');
      expect(rows.map(({ at }) => at)).toEqual(rows.map(({ at }) => at).sort((a, b) => a - b));
      const { rows: lines } = await client.query(
        `select details from audit_event where action = 'times.repaired'`,
      );
      expect(lines).toMatchObject([
        { details: { zone: 'Europe/Berlin', rows: { 'statement.range_from': 4, 'api_key.expires_at': 2 } } },
      ]);
      // What the start made was right, and is as it was.
      const first = before.api_key.filter(({ row }: Json) => row.origin !== null);
      expect(first).toHaveLength(2);
      expect((await everything()).api_key).toEqual(expect.arrayContaining(first));
      await expect(client.query('update statement set range_to = range_to')).rejects.toThrow('never changed');
      await expect(client.query('delete from audit_event')).rejects.toThrow('never changed');
    });
    expect((await everything()).credit_price).toEqual(before.credit_price);
  });

  it('is right then, and a second run finds nothing to do', async () => {
    expect(await runCommand(database.url, 'verify')).toMatchObject({ code: 0 });
    const before = await everything();
    const { code, stdout } = await runCommand(database.url, 'repair', ['--zone', 'Europe/Berlin']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('Nothing to do: ')]);
    expect((await runCommand(database.url, 'repair', ['--zone', 'Europe/Paris'])).stdout).toContain(
      'Nothing to do: ',
    );
    expect(await everything()).toEqual(before);
  }, 30_000);

  it('restates a statement on the month that was meant', async () => {
    const app = await serve(database.url, ENVIRONMENT);
    const october = (await app.ask('/v1/usage?period=2026-10&bucket=none', kept.tokens.admin)).body.totals;
    const { body } = await app.ask(`/v1/statements/${kept.statements[0].id}`, kept.tokens.admin);
    expect(body.restated_totals).toEqual(october);
    // The document was made of the wrong hours, and stays.
    expect(body.document.totals.messages).not.toBe(october.messages);
    expect((await app.ask('/v1/messages', kept.tokens.soon)).status).toBe(401);
    expect((await app.ask('/v1/messages', kept.tokens.expiring)).status).toBe(200);
    await app.close();
  }, 30_000);
});

describe('what is said of earlier sessions', () => {
  const utc = { timeZone: 'Etc/UTC', dateStyle: 'ISO, DMY', isUtc: true };

  it('is nothing where they were in UTC and ISO', () => {
    expect(describeEarlierSessions(utc, false)).toEqual([]);
  });

  it('names the tables where rows are shifted, though the database is in UTC by now', () => {
    expect(describeEarlierSessions(utc, true)).toEqual([expect.stringContaining('--zone ZONE')]);
  });

  it('says what another style of dates did', () => {
    const sentences = describeEarlierSessions({ ...utc, dateStyle: 'SQL, DMY' }, false);
    expect(sentences).toEqual([expect.stringContaining('"SQL, DMY"')]);
    for (const table of ['statement', 'api_key', 'audit_event', 'credit_price', 'retention_state'])
      expect(sentences[0]).toContain(table);
  });

  it('is nothing for a database that no earlier version wrote to', async () => {
    const cloned = await cloneDatabase();
    const app = await serve(cloned.url, {});
    const told: string[] = [];
    await onClient(cloned.url, (client) =>
      client.query(
        `do $$ begin execute format('alter database %I set timezone = ''Europe/Berlin''', current_database()); end $$`,
      ),
    );
    await reportEarlierSessions(app.database.pool, cloned.url, (sentence) => told.push(sentence));
    expect(told).toEqual([]);
    await app.close();
    await cloned.drop();
  });

  it.each([
    ['Etc/UCT', true],
    ['Africa/Abidjan', true],
    ['Europe/London', false],
  ])('takes the clocks of %s for those of UTC: %s', async (zone, isUtc) => {
    const database = await emptyDatabase({ timezone: zone });
    expect(await readSessionDefaults(database.url)).toMatchObject({ timeZone: zone, isUtc });
    await database.drop();
  });
});

describe('lines that are written by sessions of a zone', () => {
  let cloned: EmptyDatabase;
  beforeEach(async () => {
    cloned = await cloneDatabase();
  });
  afterEach(() => cloned.drop());

  /** A line that an earlier version wrote at an instant, in sessions of a zone; with a price, which is dated right. */
  const write = async (client: pg.Client, instant: string, zone: string, isPriced = false) => {
    const { rows } = await client.query<{ id: string }>(
      `insert into audit_event (at, address, action, agent_id, subject, details)
       values (($1::timestamptz at time zone 'UTC') at time zone $2, '127.0.0.1', $3, 'default', 'default',
         json_build_object('from', '2026-01-01', 'currency', 'EUR', 'per_credit', '1'))
       returning id::text`,
      [instant, zone, isPriced ? 'price.added' : 'export.read'],
    );
    if (isPriced) {
      await client.query(
        `insert into credit_price (agent_id, from_day, currency, per_credit, recorded_at) values ('default', '2026-01-01', 'EUR', 1, $1)`,
        [instant],
      );
    }
    return rows[0]!.id;
  };
  const upgrade = (client: pg.Client, zone: string | null = null) =>
    client.query(
      'update earlier_sessions set last_audit_event = (select max(id) from audit_event), time_zone = $1',
      [zone],
    );
  const times = async (client: pg.Client) => {
    const { rows } = await client.query<{ at: Date }>(
      `select at from audit_event where address is not null order by id`,
    );
    return rows.map(({ at }) => at.toISOString());
  };

  it('are told apart where the zone was changed, and what nothing decides stays', () =>
    onClient(cloned.url, async (client) => {
      for (const hour of ['01', '02', '03', '04', '05']) {
        const isPriced = hour === '02' || hour === '04';
        await write(client, `2026-06-01T${hour}:00:00Z`, hour < '03' ? 'Europe/Berlin' : 'UTC', isPriced);
      }
      await upgrade(client);
      await write(client, '2026-06-01T06:00:00Z', 'UTC');
      const { mended, undecided, left } = await repairShifted(client, 'Europe/Berlin', false);
      expect([mended.length, undecided, left]).toEqual([2, [{ first: 3n, last: 3n }], []]);
      expect(await times(client)).toEqual(
        ['01', '02', '03', '04', '05', '06'].map((hour) => `2026-06-01T${hour}:00:00.000Z`),
      );
    }));

  it('keep the instant that another record names, and say so where two are possible', () =>
    onClient(cloned.url, async (client) => {
      // Berlin's clocks went from 02:00 to 03:00 on 29 March 2026: 02:30 and 03:30 of UTC were stored alike.
      await write(client, '2026-03-29T01:30:00Z', 'Europe/Berlin', true);
      await write(client, '2026-03-29T02:30:00Z', 'Europe/Berlin', true);
      await write(client, '2026-03-29T03:30:00Z', 'Europe/Berlin', true);
      const unknown = await write(client, '2026-03-29T03:40:00Z', 'Europe/Berlin');
      await write(client, '2026-03-29T04:30:00Z', 'Europe/Berlin', true);
      await upgrade(client);
      const { mended } = await repairShifted(client, 'Europe/Berlin', false);
      expect(await times(client)).toEqual([
        '2026-03-29T01:30:00.000Z',
        '2026-03-29T02:30:00.000Z',
        '2026-03-29T03:30:00.000Z',
        '2026-03-29T03:40:00.000Z',
        '2026-03-29T04:30:00.000Z',
      ]);
      expect(mended.filter(({ otherwise }) => otherwise !== null)).toMatchObject([
        { id: unknown, otherwise: new Date('2026-03-29T02:40:00Z') },
      ]);
    }));

  it('are left alone where a zone shows UTC, and mended where it does not', () =>
    onClient(cloned.url, async (client) => {
      const instants = [
        '2026-01-15T12:00:00.000Z',
        '2026-07-15T12:00:00.000Z',
        '2026-07-16T12:00:00.000Z',
        '2026-12-15T12:00:00.000Z',
      ];
      for (const instant of instants) await write(client, instant, 'Europe/London', true);
      await upgrade(client);
      expect((await repairShifted(client, 'Europe/London', false)).mended).toHaveLength(2);
      expect(await times(client)).toEqual(instants);
    }));

  it('are mended without any proof where sessions are known to have been in the zone, once', () =>
    onClient(cloned.url, async (client) => {
      await write(client, '2026-06-01T01:00:00Z', 'Asia/Tokyo');
      await upgrade(client, 'Asia/Tokyo');
      await expect(repairShifted(client, 'Europe/Berlin', false)).rejects.toThrow(CannotRepair);
      expect((await repairShifted(client, 'Asia/Tokyo', false)).mended).toHaveLength(1);
      expect((await repairShifted(client, 'Asia/Tokyo', false)).done).toMatchObject({ zone: 'Asia/Tokyo' });
      expect(await times(client)).toEqual(['2026-06-01T01:00:00.000Z']);
    }));

  it('are not touched where every time is right, or where a clock was wrong by what no zone makes', () =>
    onClient(cloned.url, async (client) => {
      await write(client, '2026-06-01T01:00:00Z', 'UTC', true);
      await upgrade(client, 'Europe/Berlin');
      await expect(repairShifted(client, 'Europe/Berlin', false)).rejects.toThrow('No row can be proved');
      await client.query(
        `insert into audit_event (at, address, action, agent_id, details) values ('2026-06-01T02:22:00Z', '127.0.0.1', 'price.added', 'default', '{"from":"2026-02-02","currency":"EUR","per_credit":"1"}')`,
      );
      await client.query(
        `insert into credit_price (agent_id, from_day, currency, per_credit, recorded_at) values ('default', '2026-02-02', 'EUR', 1, '2026-06-01T02:00:00Z')`,
      );
      expect(await describeWrongRows(client)).toEqual([]);
    }));

  it('stay as they are where the time is right already, though what was stored with it is not', () =>
    onClient(cloned.url, async (client) => {
      const id = '22222222-2222-4222-8222-222222222222';
      await client.query(
        `insert into statement (id, period, tz, range_from, range_to, as_of, closed_at, document, sha256)
         values ($1, '2026-05', 'UTC', '2026-04-30T22:00Z', '2026-05-31T22:00Z', '2026-06-02Z', '2026-06-02Z', '{}', sha256('{}'))`,
        [id],
      );
      await client.query(
        `insert into audit_event (at, address, action, subject) values ('2026-06-02T00:00:00Z', '127.0.0.1', 'statement.closed', $1)`,
        [id],
      );
      await upgrade(client);
      expect((await repairShifted(client, 'Europe/Berlin', false)).mended).toMatchObject([
        { column: 'range_from', after: new Date('2026-05-01T00:00:00Z') },
        { column: 'range_to', after: new Date('2026-06-01T00:00:00Z') },
      ]);
      expect(await times(client)).toEqual(['2026-06-02T00:00:00.000Z']);
    }));

  it('name a key whose creation is not that of its line', () =>
    onClient(cloned.url, async (client) => {
      const id = '11111111-1111-4111-8111-111111111111';
      await client.query(
        `insert into api_key (id, token_hash, hint, label, scopes, created_at) values ($1, sha256('x'), '', '', '{read}', '2026-06-01T00:00:00Z')`,
        [id],
      );
      await client.query(
        `insert into audit_event (at, address, action, subject) values ('2026-06-01T02:00:00Z', '127.0.0.1', 'key.created', $1)`,
        [id],
      );
      expect(await describeWrongRows(client)).toEqual([
        `api_key ${id}: created_at is 2026-06-01T00:00:00.000Z, line 1 of the audit trail says 2026-06-01T02:00:00.000Z`,
      ]);
    }));
});
