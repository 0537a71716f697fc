import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { refuseUnusable } from './server-check.js';
import { UnusableDatabase } from './unusable-database.js';

/** The same depth from src/database and from dist/database. */
const MIGRATIONS = fileURLToPath(new URL('../../prisma/migrations/', import.meta.url));
/** The key of Prisma's own migration lock, so that `prisma migrate deploy` and we wait for each other. */
const PRISMA_LOCK = 72707369;

/**
 * Brings the schema up to date, one of several starters at a time. It keeps Prisma's own table and checksums, so that
 * `prisma migrate deploy` can take over; but unlike Prisma's engine it needs no download and runs each migration in
 * one transaction with its record, so that a start killed in the middle leaves nothing half done.
 * @param only these, where a backup is to be filled into the schema it was made with
 * @throws UnusableDatabase
 */
export async function migrate(client: pg.ClientBase, only?: readonly string[]): Promise<void> {
  await refuseUnusable(client);
  await client.query('select pg_advisory_lock($1)', [PRISMA_LOCK]);
  try {
    await client.query(`create table if not exists _prisma_migrations (
      id varchar(36) primary key, checksum varchar(64) not null, finished_at timestamptz, migration_name varchar(255) not null,
      logs text, rolled_back_at timestamptz, started_at timestamptz not null default now(), applied_steps_count integer not null default 0)`);
    const { rows } = await client.query<{ name: string; checksum: string; finished: boolean }>(
      'select migration_name as name, checksum, finished_at is not null as finished from _prisma_migrations where rolled_back_at is null',
    );
    const applied = new Map(rows.map((row) => [row.name, row]));
    const known = await listMigrations();
    for (const name of applied.keys()) {
      if (known.includes(name)) continue;
      throw new UnusableDatabase(
        `The database was made by a newer Convoledger (it knows the migration ${name}). Start that one.`,
      );
    }
    for (const name of known.filter((one) => only?.includes(one) ?? true))
      await applyOnce(client, name, applied.get(name));
  } finally {
    await client.query('select pg_advisory_unlock($1)', [PRISMA_LOCK]);
  }
}

/** The names of all migrations this program brings, in their order. */
export async function listMigrations(): Promise<string[]> {
  const entries = await readdir(MIGRATIONS, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

async function applyOnce(
  client: pg.ClientBase,
  name: string,
  applied: { checksum: string; finished: boolean } | undefined,
): Promise<void> {
  const sql = await readFile(`${MIGRATIONS}${name}/migration.sql`, 'utf8');
  const checksum = createHash('sha256').update(sql).digest('hex');
  if (applied) {
    if (!applied.finished) {
      throw new UnusableDatabase(
        `The migration ${name} was begun by another tool and not finished. See "prisma migrate resolve".`,
      );
    }
    if (applied.checksum !== checksum) {
      throw new UnusableDatabase(`The migration ${name} is not the one this database was made with.`);
    }
    return;
  }
  await client.query('begin');
  try {
    await client.query(sql);
    await client.query(
      `insert into _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       values ($1, $2, $3, now(), now(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}
