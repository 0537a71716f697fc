import pg from 'pg';
import { UnusableDatabase } from './unusable-database.js';

/**
 * What every session must have, whatever the server, the database or the role has set. Each of these would change an
 * answer, or break a promise, without an error. What changes only a plan, a place or a log is left to the operator;
 * `default_transaction_read_only` is left too, since hosts set it to protect a full disk: it is an outage.
 */
const SETTINGS: Record<string, string> = {
  // A statement that fails must not end the session. Set first, so that a setting that is refused can be named.
  exit_on_error: 'off',
  // Prisma reads and writes instants as if the session were in UTC and ISO; others read them as texts.
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  timezone_abbreviations: 'Default',
  client_encoding: 'UTF8',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  transform_null_equals: 'off',
  array_nulls: 'on',
  // It changes what `regclass::text` and other names say.
  quote_all_identifiers: 'off',
  // Temporary tables last, so that none hides a table of the ledger.
  search_path: 'public, pg_temp',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  // Triggers and foreign keys must run.
  session_replication_role: 'origin',
  // A policy that somebody put on a table is an error instead of rows that are missing from a sum.
  row_security: 'off',
  // A search index answers with all it finds instead of a sample.
  gin_fuzzy_search_limit: '0',
  // The writer waits for its lock as long as its own time limit says, and idle connections stay.
  lock_timeout: '0',
  idle_session_timeout: '0',
};

/** Milliseconds for each of the two statements that set and check a session. */
const SESSION_TIMEOUT_MS = 2_000;

export interface SessionOptions {
  /** As `pg_stat_activity` shows it, behind "convoledger ". */
  name: string;
  /** Milliseconds; 0 or absent: no limit, whatever the role has. */
  statementTimeoutMs?: number;
  idleInTransactionTimeoutMs?: number;
  /** Takes effect on PostgreSQL 17 and newer. */
  transactionTimeoutMs?: number;
  /**
   * Plans that are made once, when tables may still be nearly empty and a scan looks cheaper than an index, are made for
   * indexes.
   */
  plansForIndexes?: boolean;
}

interface Wanted {
  name: string;
  value: string;
  /** The one value that must not be; others may stay. */
  ifItIs?: string;
}

/** Every other level has the commit on the disk of the server before it is acknowledged. */
const DURABLE: Wanted = { name: 'synchronous_commit', value: 'on', ifItIs: 'off' };

/** A session whose settings cannot be fixed, in a sentence that names the setting. */
export class UnusableSession extends UnusableDatabase {}

/**
 * Fixes the settings of a session that was just connected, and looks what came of it. They are set by statements, since
 * poolers refuse or drop start-up parameters; and looked at by a second statement, since a pooler in transaction mode
 * may send that to another session.
 * @throws UnusableSession
 */
export async function fixSession(client: pg.ClientBase, options: SessionOptions): Promise<void> {
  const wanted = settingsOf(options);
  await set(client, wanted).catch((error: unknown) => nameRefused(client, wanted, error));
  const { rows } = await client.query<Wanted & { found: string }>({
    text: `select name, value, pg_catalog.current_setting(name) as found ${STILL_WRONG}`,
    values: columns(wanted),
    ...LIMITED,
  });
  const wrong = rows.find(({ found, value }) => !isSameTime(found, value));
  if (wrong)
    throw cannotSet(
      wrong,
      `it is '${wrong.found}' although it was set, as behind a pooler in transaction or statement mode`,
    );
}

const LIMITED = { query_timeout: SESSION_TIMEOUT_MS };

/** A setting that this server does not know is passed over, and one that is right is not touched: that may need a right. */
const STILL_WRONG = `
from unnest($1::text[], $2::text[], $3::text[]) as wanted (name, value, if_it_is)
where case when if_it_is = '' then pg_catalog.current_setting(name, true) <> value
           else pg_catalog.current_setting(name, true) = if_it_is end`;

async function set(client: pg.ClientBase, wanted: Wanted[]): Promise<void> {
  await client.query({
    text: `select pg_catalog.set_config(name, value, false) ${STILL_WRONG}`,
    values: columns(wanted),
    ...LIMITED,
  });
}

const columns = (wanted: Wanted[]) => [
  wanted.map(({ name }) => name),
  wanted.map(({ value }) => value),
  // No null: with array_nulls off it would be the word.
  wanted.map(({ ifItIs }) => ifItIs ?? ''),
];

/** Finds the setting that the server refused by setting them one by one; an error of the connection stays what it is. */
async function nameRefused(client: pg.ClientBase, wanted: Wanted[], error: unknown): Promise<never> {
  if (!isRefusal(error)) throw error;
  for (const one of wanted) {
    await set(client, [one]).catch((refusal: unknown) => {
      throw isRefusal(refusal) ? cannotSet(one, `the server refuses it (SQLSTATE ${refusal.code})`) : refusal;
    });
  }
  throw error;
}

/** Of a value, a right or a state, and not of a connection or a server that is away. */
const isRefusal = (error: unknown): error is pg.DatabaseError =>
  error instanceof pg.DatabaseError && /^(22|42|55000|55P02|0A)/.test(error.code ?? '');

const cannotSet = ({ name, value }: Wanted, why: string) =>
  new UnusableSession(
    `A database session needs ${name} = '${value}', and cannot have it: ${why}. Connect to PostgreSQL directly, or through a pooler in session mode (PgBouncer: pool_mode = session), and reset ${name} for the role and the database of DATABASE_URL.`,
  );

function settingsOf(options: SessionOptions): Wanted[] {
  const { statementTimeoutMs = 0, idleInTransactionTimeoutMs = 0, transactionTimeoutMs = 0 } = options;
  const plain = Object.entries({
    ...SETTINGS,
    application_name: applicationName(options),
    statement_timeout: milliseconds(statementTimeoutMs),
    idle_in_transaction_session_timeout: milliseconds(idleInTransactionTimeoutMs),
    transaction_timeout: milliseconds(transactionTimeoutMs),
    ...(options.plansForIndexes ? { enable_seqscan: 'off', jit: 'off' } : {}),
  });
  return [...plain.map(([name, value]) => ({ name, value })), DURABLE];
}

export const applicationName = ({ name }: SessionOptions) => `convoledger ${name}`.trim();

const milliseconds = (limit: number) => (limit === 0 ? '0' : `${limit}ms`);

/** PostgreSQL shows 5000ms as 5s, and 60000ms as 1min. */
function isSameTime(one: string, other: string): boolean {
  const ms = inMilliseconds(one);
  return ms !== null && ms === inMilliseconds(other);
}

function inMilliseconds(text: string): number | null {
  const [, number, unit = 'ms'] = /^(\d+)(ms|s|min|h|d)$/.exec(text) ?? [];
  if (number === undefined) return null;
  return Number(number) * { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 }[unit]!;
}
