import type pg from 'pg';
import { ensureFirstKeys } from '../../src/access/first-keys.js';
import { type Config, readConfig } from '../../src/config.js';
import { listMigrations, migrate } from '../../src/database/migrate.js';
import { UnusableDatabase } from '../../src/database/unusable-database.js';
import { openClient } from '../harness.js';

const NAME = `migrate_${process.pid}`;

async function onServer(sql: string): Promise<void> {
  const client = await openClient(process.env.TEST_SERVER_URL!);
  await client.query(sql);
  await client.end();
}

describe('an empty database', () => {
  const clients: pg.Client[] = [];
  const connect = async () => {
    const url = new URL(process.env.TEST_SERVER_URL!);
    url.pathname = NAME;
    const client = await openClient(url.href);
    clients.push(client);
    return client;
  };
  const create = (options = "encoding 'UTF8'") =>
    onServer(`create database ${NAME} ${options} template template0`);
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.end()));
    await onServer(`drop database if exists ${NAME} with (force)`);
  });

  it('is brought up to date by one of several starters, and the others find it so', async () => {
    await create();
    await Promise.all([connect(), connect(), connect()].map(async (client) => migrate(await client)));
    const { rows } = await (await connect()).query(
      'select migration_name, length(checksum) as checksum, finished_at is not null as finished, applied_steps_count from _prisma_migrations order by 1',
    );
    expect(rows).toEqual(
      (await listMigrations()).map((migration_name) => ({
        migration_name,
        checksum: 64,
        finished: true,
        applied_steps_count: 1,
      })),
    );
  });

  it('gets its first keys from one of several starters', async () => {
    await create();
    await migrate(await connect());
    const config = readConfig({});
    const starters = await Promise.all([connect(), connect()]);
    const keys = await Promise.all(starters.map((client) => ensureFirstKeys(client, config)));
    expect(keys.map(({ isFirstStart }) => isFirstStart).sort()).toEqual([false, true]);
    expect(keys.flatMap(({ tokens }) => Object.values(tokens))).toHaveLength(2);
  });

  it('is refused where its encoding would lose texts', async () => {
    await create("encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'");
    await expect(migrate(await connect())).rejects.toThrow(UnusableDatabase);
    await expect(migrate(clients[0]!)).rejects.toThrow(/LATIN1.*UTF8/);
  });

  it('is refused where a newer Convoledger made it, or a migration is not the one it was made with', async () => {
    await create();
    const client = await connect();
    await migrate(client);
    await client.query(`update _prisma_migrations set checksum = 'other'`);
    await expect(migrate(client)).rejects.toThrow(/is not the one/);
    await client.query(`update _prisma_migrations set migration_name = '99999999999999_future'`);
    await expect(migrate(client)).rejects.toThrow(/newer Convoledger/);
  });
});

describe('tokens from the environment', () => {
  let client: pg.Client;
  beforeAll(async () => {
    const url = new URL(process.env.TEST_SERVER_URL!);
    url.pathname = NAME;
    await onServer(`create database ${NAME} encoding 'UTF8' template template0`);
    client = await openClient(url.href);
    await migrate(client);
  });
  afterAll(async () => {
    await client.end();
    await onServer(`drop database ${NAME} with (force)`);
  });

  const start = (tokens: Partial<Pick<Config, 'ingestToken' | 'adminToken'>>) =>
    ensureFirstKeys(client, { ...readConfig({}), ...tokens });
  const live = async () => {
    const { rows } = await client.query(
      'select origin from api_key where revoked_at is null order by origin',
    );
    return rows.map(({ origin }) => origin);
  };

  it('replace the ones that were made in their place, or came from there before', async () => {
    expect(Object.keys((await start({})).tokens)).toEqual(['INGEST_TOKEN', 'ADMIN_TOKEN']);
    await start({ ingestToken: 'first-token-of-a-test' });
    await start({ ingestToken: 'second-token-of-a-test' });
    expect(await live()).toEqual(['ADMIN_TOKEN', 'INGEST_TOKEN']);
    const { rows } = await client.query(
      `select count(*)::int as count from api_key where origin = 'INGEST_TOKEN'`,
    );
    expect(rows[0].count).toBe(3);
  });

  it('stay what they are where none is given, live again where an old one is, and may change places', async () => {
    await start({});
    await start({ ingestToken: 'first-token-of-a-test' });
    await start({ ingestToken: 'second-token-of-a-test', adminToken: 'first-token-of-a-test' });
    expect(await live()).toEqual(['ADMIN_TOKEN', 'INGEST_TOKEN']);
  });
});
