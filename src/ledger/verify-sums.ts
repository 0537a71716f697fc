import { parse } from 'lossless-json';
import type pg from 'pg';
import type { Part } from './parts.js';

/** A row that is not what the ledger adds up to. */
export interface Difference {
  table: string;
  /** The values of the key columns. */
  key: string[];
  /** Null as a whole: the row is missing, or should not be there. */
  columns: { name: string; expected: string; stored: string }[] | 'missing' | 'superfluous';
}

/** Of one part no more are named: who sees that many does not read on, and rebuilds. */
const MOST = 100;

/**
 * Compares a part with the ledger, in one statement: the writer commits an entry together with all sums of it, so that
 * a snapshot has both or neither, and deliveries may go on.
 */
export async function differencesIn(
  client: pg.ClientBase,
  { sums, parameters }: Part,
): Promise<Difference[]> {
  const { rows } = await client.query<{ expected: string | null; stored: string | null }>(
    `with expected as (${sums.expected}), stored as (${sums.stored})
     select case when e.agent_id is not null then row_to_json(e)::text end as expected,
            case when s.agent_id is not null then row_to_json(s)::text end as stored
     from expected e full join stored s on ${sums.keys.map((key) => `e.${key} = s.${key}`).join(' and ')}
     where e is distinct from s
     limit ${MOST}`,
    parameters,
  );
  return rows.map(({ expected, stored }) => {
    const wanted = expected === null ? null : read(expected);
    const found = stored === null ? null : read(stored);
    const key = sums.keys.map((name) => String((wanted ?? found)?.[name]));
    if (found === null) return { table: sums.table, key, columns: 'missing' };
    if (wanted === null) return { table: sums.table, key, columns: 'superfluous' };
    const columns = sums.columns
      .map((name) => ({ name, expected: String(wanted[name]), stored: String(found[name]) }))
      .filter((column) => column.expected !== column.stored);
    return { table: sums.table, key, columns };
  });
}

// Sums may have more digits than a double.
const read = (text: string) => parse(text) as Record<string, unknown>;

/** A line for a person. */
export function describe({ table, key, columns }: Difference): string {
  const row = `${table} ${key.join(' ')}`;
  if (columns === 'missing') return `${row}: is missing`;
  if (columns === 'superfluous') return `${row}: should not be there`;
  const parts = columns.map(
    ({ name, expected, stored }) => `${name} is ${stored}, the ledger says ${expected}`,
  );
  return `${row}: ${parts.join('; ')}`;
}
