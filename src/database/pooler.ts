import type pg from 'pg';
import { connectAsIs } from './connect.js';
import { UnusableDatabase } from './unusable-database.js';

/** Times that two connections are compared: others that use the pooler may come between them. */
const ROUNDS = 3;
const NAME = { name: 'start' };

/**
 * Refuses a pooler that hands a session to somebody else after each transaction or statement, as PgBouncer does in these
 * modes: settings, prepared statements and locks of a session are lost there, or meet somebody else's. It shows in the
 * process that answers: with PostgreSQL, or a pooler in session mode, each connection has one of its own for as long as
 * it lasts. One that is asked twice in a row shows a pool that goes round. Two of which one is inside a transaction show a
 * pool that lends the process that came back last, or has only one.
 * @throws UnusableDatabase
 */
export async function refuseTransactionPooling(url: string): Promise<void> {
  const one = await connectAsIs(url, NAME);
  try {
    const other = await connectAsIs(url, NAME);
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const first = await processOf(one);
        const second = await processOf(one);
        const inTransaction = await processInTransaction(other);
        const third = await processOf(one);
        await other.query('rollback');
        if (first !== second || second !== third || third === inTransaction) throw isPooled();
      }
    } finally {
      await other.end().catch(() => {});
    }
  } finally {
    await one.end().catch(() => {});
  }
}

async function processOf(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_catalog.pg_backend_pid() as pid');
  return rows[0]!.pid;
}

async function processInTransaction(client: pg.ClientBase): Promise<number> {
  // PgBouncer in statement mode closes a connection that begins a transaction.
  await client.query('begin').catch((error: Error) => {
    throw /statement pooling/.test(error.message) ? isPooled() : error;
  });
  return processOf(client);
}

const isPooled = () =>
  new UnusableDatabase(
    'DATABASE_URL leads to a pooler in transaction or statement mode, where settings and prepared statements of a session are lost. Connect to PostgreSQL directly, or set the pooler to session mode (PgBouncer: pool_mode = session).',
  );
