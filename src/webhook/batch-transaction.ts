import type pg from 'pg';
import { makeMonths, readKnown } from './batch.sql.js';
import type { Delivery, Outcome } from './delivery.js';
import { firstRows, type Plain } from './first-rows.js';
import { type Known, planBatch, type Rows } from './plan-batch.js';
import { settleReplayed } from './quarantine/replayed.sql.js';
import { fitInto, readRoom } from './quarantine/room.js';
import { storeFirsts } from './store-firsts.sql.js';
import { storeRest } from './store-rest.sql.js';

/** The deliveries of one transaction. */
export interface Deliveries {
  /** Taken for the first of their messages, without a question. No two are of one message. */
  firsts: Plain[];
  /** Decided about by what is known, once the first bodies are stored. */
  others: Delivery[];
}

/** What became of deliveries. Of one whose message is there already, or whose key is no longer good: nothing. */
export type Outcomes = Map<Delivery, Outcome>;

/** A transaction of which nothing is left to be sent, so that the next can follow behind it. */
export interface SentBatch {
  /** Resolves after the commit. Whatever fails, nothing of the batch is true. */
  committed: Promise<Outcomes>;
}

/**
 * Stores deliveries in the transaction whose lock was asked for, on a connection in pipeline mode: statements that need
 * nothing of each other's answers travel together, and so does the commit where there is nothing to decide. They may follow
 * a batch that is not committed yet, since the server does one after the other.
 */
export async function sendBatch(
  client: pg.ClientBase,
  lock: Promise<unknown>,
  { firsts, others }: Deliveries,
): Promise<SentBatch> {
  const outcomes: Outcomes = new Map();
  const steps = [lock, makeMonths(client, [...firsts, ...others])];
  if (firsts.length > 0) steps.push(tryFirsts(client, firsts, outcomes));
  if (others.length > 0) {
    const known = readKnown(client, others);
    await Promise.all([...steps, known]);
    const rows = await decide(client, others, await known, outcomes);
    steps.push(storeDecided(client, rows));
    // These take more than one round trip.
    if (rows.replayed.length > 0) await Promise.all(steps);
  }
  if (firsts.length === 0 && others.length === 0) steps.push(pulse(client));
  // After a step that failed the commit rolls back, and says nothing.
  const committed = Promise.all([...steps, client.query('commit')]).then(() => outcomes);
  return { committed };
}

async function tryFirsts(client: pg.ClientBase, firsts: Plain[], outcomes: Outcomes): Promise<void> {
  const stored = await storeFirsts(client, firstRows(firsts));
  firsts.forEach((delivery, index) => {
    if (stored === null || stored.has(index)) outcomes.set(delivery, { kind: 'stored' });
  });
}

async function decide(
  client: pg.ClientBase,
  deliveries: Delivery[],
  known: Known,
  outcomes: Outcomes,
): Promise<Rows> {
  const { rows, outcomes: planned } = planBatch(deliveries, known);
  const refused = rows.rest.deliveries.filter(({ quarantine }) => quarantine === 'waiting');
  const ids = deliveries.map(({ id }) => id);
  const decided =
    refused.length > 0 ? fitInto(await readRoom(client, refused), rows.rest, planned, ids) : planned;
  for (const [index, delivery] of deliveries.entries()) outcomes.set(delivery, decided[index]!);
  return rows;
}

async function storeDecided(client: pg.ClientBase, { firsts, rest, replayed }: Rows): Promise<void> {
  const storing = firsts.firsts.length > 0 ? storeFirsts(client, firsts) : null;
  await Promise.all([storing, storeRest(client, rest), settleReplayed(client, replayed)]);
  if (await storing) throw new Error('A message is there that was not when its batch was decided about.');
}

/** A row of no other use: what shows that this process can store. */
const pulse = (client: pg.ClientBase) => client.query('update writer_pulse set at = clock_timestamp()');
