import type pg from 'pg';
import { beginAlone, ensureMonths, readKnown } from './batch.sql.js';
import type { Delivery, Outcome } from './delivery.js';
import { joinKnown, type Known, planBatch } from './plan-batch.js';
import { settleReplayed } from './quarantine/replayed.sql.js';
import { fitInto, readRoom } from './quarantine/room.js';
import { storeRows } from './store.sql.js';

/** The transaction of one batch, begun: its lock and what is known are asked for. */
export interface BatchTransaction {
  deliveries: Delivery[];
  known: Promise<Known>;
}

/**
 * Begins the transaction of a batch, on a connection in pipeline mode: the two statements travel together. They may
 * follow a batch that is not committed yet, since the server does one after the other.
 */
export function beginBatch(client: pg.ClientBase, deliveries: Delivery[]): BatchTransaction {
  const begun = beginAlone(client, arrivals(deliveries));
  const known = Promise.all([readKnown(client, deliveries), begun]).then(([found]) => found);
  // Whoever gives the connection up before he asks for it hears of the failure elsewhere.
  known.catch(() => {});
  return { deliveries, known };
}

const arrivals = (deliveries: Delivery[]): Date[] => deliveries.map(({ receivedAt }) => receivedAt);

/** Takes more deliveries into a batch that has the lock and has not been decided about. */
export function widenBatch(
  client: pg.ClientBase,
  { deliveries, known }: BatchTransaction,
  more: Delivery[],
): BatchTransaction {
  const both = Promise.all([known, readKnown(client, more), client.query(ensureMonths(arrivals(more)))]).then(
    ([one, other]) => joinKnown(one, other),
  );
  both.catch(() => {});
  return { deliveries: [...deliveries, ...more], known: both };
}

/**
 * Decides about a batch, and sends what is to be stored together with the commit. Whatever fails, nothing of it is true.
 * @returns once it is sent, so that the next batch can be begun behind it
 */
export async function storeBatch(
  client: pg.ClientBase,
  { deliveries, known: knowing }: BatchTransaction,
): Promise<{ committed: Promise<Outcome[]> }> {
  const known = await knowing;
  if (deliveries.length === 0) return { committed: commit(client, [pulse(client)]).then(() => []) };
  const plan = planBatch(deliveries, known);
  const refused = plan.rows.deliveries.filter(({ quarantine }) => quarantine === 'waiting');
  const ids = deliveries.map(({ id }) => id);
  const outcomes =
    refused.length === 0
      ? plan.outcomes
      : fitInto(await readRoom(client, refused), plan.rows, plan.outcomes, ids);
  const stored = [storeRows(client, plan.rows, known.recordedAt), settleReplayed(client, plan.rows.replayed)];
  if (plan.rows.replayed.length > 0) await Promise.all(stored);
  return { committed: commit(client, stored).then(() => outcomes) };
}

/** A row of no other use: what shows that this process can store. */
const pulse = (client: pg.ClientBase) => client.query('update writer_pulse set at = clock_timestamp()');

/** Sends the commit behind statements that are on their way. After one that failed it rolls back, and says nothing. */
async function commit(client: pg.ClientBase, statements: Promise<unknown>[]): Promise<void> {
  await Promise.all([...statements, client.query('commit')]);
}
