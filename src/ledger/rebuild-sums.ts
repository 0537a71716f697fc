import type pg from 'pg';
import type { DerivedSums } from './derived-sums.js';
import type { Part } from './parts.js';
import { WRITER_LOCK } from './writer-lock.js';

/**
 * Makes a part what the ledger adds up to. It holds the writer's lock for that long: a batch that commits in between
 * would have its sums overwritten by ones that do not know it.
 * @returns how many rows were changed
 */
export async function rebuildPart(client: pg.ClientBase, { sums, parameters }: Part): Promise<number> {
  // The lock needs a statement of its own, or the next one would not see what its last holder committed.
  await client.query(`begin; select pg_advisory_xact_lock(${WRITER_LOCK})`);
  try {
    let changed = 0;
    for (const statement of sums.comesAndGoes ? [removal(sums), upsert(sums)] : [correction(sums)]) {
      const { rowCount } = await client.query(statement, parameters);
      changed += rowCount ?? 0;
    }
    await client.query('commit');
    return changed;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

const tuple = (alias: string, columns: string[]) =>
  `(${columns.map((name) => `${alias}.${name}`).join(', ')})`;
const same = ({ keys }: DerivedSums) => keys.map((key) => `e.${key} = t.${key}`).join(' and ');

const removal = (sums: DerivedSums) => `
  with expected as (${sums.expected}), stored as (${sums.stored})
  delete from ${sums.table} t using stored
  where ${tuple('t', sums.keys)} = ${tuple('stored', sums.keys)} and not exists (select from expected e where ${same(sums)})`;

const upsert = (sums: DerivedSums) => `
  with expected as (${sums.expected})
  insert into ${sums.table} as t (${[...sums.keys, ...sums.columns].join(', ')})
  select ${[...sums.keys, ...sums.columns].join(', ')} from expected
  on conflict (${sums.keys.join(', ')}) do update
  set ${sums.columns.map((name) => `${name} = excluded.${name}`).join(', ')}
  where ${tuple('t', sums.columns)} is distinct from ${tuple('excluded', sums.columns)}`;

const correction = (sums: DerivedSums) => `
  with expected as (${sums.expected})
  update ${sums.table} t set ${sums.columns.map((name) => `${name} = e.${name}`).join(', ')}
  from expected e
  where ${same(sums)} and ${tuple('t', sums.columns)} is distinct from ${tuple('e', sums.columns)}`;
