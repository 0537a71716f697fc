import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { listMigrations, migrate } from '../database/migrate.js';
import { CopyIn } from './copy.js';
import { UnusableBackup } from './format.js';
import { BackupReader } from './read-backup.js';
import { appliedMigrations, columnList, listTables, quoted, type Table } from './tables.js';

/** What only use brings. The agent `default`, the first keys and their audit are there after a start, and are replaced. */
const SIGNS_OF_USE = [
  'delivery',
  'message',
  'credit_price',
  'statement',
  'audit_event where key_id is not null',
];

/**
 * Makes an empty instance the one that a backup was made of, in one transaction: whatever fails, it stays empty. The
 * schema is brought to where the backup was made, filled, and then brought up to date, so that older backups restore.
 * @returns how many rows it took
 * @throws UnusableBackup, or an Error with a sentence where the instance may not be filled
 */
export async function restoreBackup(
  client: pg.Client,
  file: string,
  onRows: (rows: number, ofAbout: number) => void = () => {},
): Promise<number> {
  const backup = new BackupReader(file);
  const header = await backup.header();
  const known = await listMigrations();
  if (header.migrations.some((name) => !known.includes(name)))
    throw new UnusableBackup('This backup was made by a newer Convoledger. Restore it with that one.');
  await refuseInUse(client);
  const applied = await appliedMigrations(client);
  if (applied.some((name) => !header.migrations.includes(name))) {
    throw new Error(
      'The database has a newer schema than the backup. Restore into a database that was never started.',
    );
  }
  await migrate(client, header.migrations);
  await refuseFilled(client);

  await client.query('begin');
  try {
    for (const month of header.months) await client.query('select ensure_delivery_partition($1)', [month]);
    const tables = await listTables(client);
    // What triggers would add is in the backup already.
    for (const { name } of tables) await client.query(`alter table ${quoted(name)} disable trigger user`);
    for (const { name } of tables.toReversed()) await client.query(`delete from ${quoted(name)}`);
    const rows = await fill(client, backup, tables, (count) => onRows(count, header.rows));
    for (const { name } of tables) await client.query(`alter table ${quoted(name)} enable trigger user`);
    await setSequences(client);
    await client.query('commit');
    await migrate(client);
    // What is planned next should know what is there.
    await client.query('analyze');
    return rows;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

async function fill(
  client: pg.Client,
  backup: BackupReader,
  tables: Table[],
  onRows: (rows: number) => void,
): Promise<number> {
  for (;;) {
    const line = await backup.next();
    if ('end' in line) return line.rows;
    const table = tables.find(({ name }) => name === line.table);
    if (!table || line.columns.some((column) => !table.columns.includes(column)))
      throw new UnusableBackup('This backup has a table that this Convoledger does not know.');
    const sql = `copy ${quoted(table.name)} (${columnList({ ...table, columns: line.columns })}) from stdin`;
    await pipeline(Readable.from(counted(backup.rows(), onRows)), client.query(new CopyIn(sql)));
  }
}

async function* counted(rows: AsyncIterable<Buffer>, onRows: (rows: number) => void): AsyncGenerator<Buffer> {
  for await (const bytes of rows) {
    let count = 0;
    for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) count += 1;
    onRows(count);
    yield bytes;
  }
}

/** A running server has the old cursor key in memory, and would store deliveries in between. */
async function refuseInUse(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query(
    `select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
       and application_name like 'convoledger%' limit 1`,
  );
  if (rowCount) throw new Error('Convoledger is running on this database. Stop it before you restore.');
}

async function refuseFilled(client: pg.Client): Promise<void> {
  for (const sign of SIGNS_OF_USE) {
    const { rowCount } = await client.query(`select from ${sign} limit 1`);
    if (rowCount) throw new Error('The instance is not empty: it was used already. Nothing was restored.');
  }
}

/** COPY brings the numbers of identity columns along, but their counters know nothing of it. */
async function setSequences(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ table: string; column: string }>(
    `select c.relname as table, a.attname as column from pg_attribute a join pg_class c on c.oid = a.attrelid
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attidentity <> ''`,
  );
  for (const { table, column } of rows) {
    await client.query(
      `select setval(pg_get_serial_sequence($1, $2), max(${quoted(column)})) from ${quoted(table)}`,
      [quoted(table), column],
    );
  }
}
