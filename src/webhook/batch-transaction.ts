import type pg from 'pg';
import { type Statement, together } from '../database/together.js';
import { asKnown, readKnown, takeLock } from './batch.sql.js';
import type { Delivery, Outcome } from './delivery.js';
import { firstRows, type Plain } from './first-rows.js';
import { type Known, planBatch, type Rows } from './plan-batch.js';
import { readWaiting, settleReplayed } from './quarantine/replayed.sql.js';
import { fitInto, readRoom } from './quarantine/room.js';
import { storedOf, storeFirsts } from './store-firsts.sql.js';
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

const BEGIN = { name: 'begin', text: 'begin' };
const COMMIT = { name: 'commit', text: 'commit' };
/** A row of no other use: what shows that this process can store. */
const PULSE = { name: 'pulse', text: 'update writer_pulse set at = clock_timestamp()' };

/**
 * Bytes of a batch that are on their way for long enough to get stuck half-way. Those wait for the lock in a round trip
 * before, since PostgreSQL up to 16 has only the time-out for idle transactions, which runs once their beginning is answered.
 */
const ONE_GO = 1024 * 1024;

/**
 * Stores deliveries in one transaction, on a connection in pipeline mode. It may follow a batch that is not committed yet,
 * since the server does one after the other. First bodies are sent with all they need; what must be decided takes a second
 * round trip.
 */
export async function sendBatch(client: pg.ClientBase, deliveries: Deliveries): Promise<SentBatch> {
  const { firsts, others } = deliveries;
  const all = [...firsts, ...others];
  const lock = takeLock(all);
  const isBegun = all.reduce((sum, { body }) => sum + body.length, 0) > ONE_GO;
  if (isBegun) await together(client, [BEGIN, lock]);
  if (others.length > 0) return await sendDecided(client, deliveries, isBegun ? [lock] : [BEGIN, lock]);
  const store = firsts.length > 0 ? storeFirsts(firstRows(firsts)) : PULSE;
  const sent = together(client, isBegun ? [lock, store, COMMIT] : [lock, store]);
  return {
    committed: sent.then(([, stored]) => (firsts.length > 0 ? outcomesOf(firsts, stored!) : new Map())),
  };
}

async function sendDecided(
  client: pg.ClientBase,
  { firsts, others }: Deliveries,
  begin: Statement[],
): Promise<SentBatch> {
  const tried = firsts.length > 0 ? [storeFirsts(firstRows(firsts))] : [];
  const results = await together(client, [...begin, ...tried, readKnown(others)]);
  const known = asKnown(results.at(-1)!, await readWaiting(client, others));
  const outcomes: Outcomes = tried.length > 0 ? outcomesOf(firsts, results.at(-2)!) : new Map();
  const rows = await decide(client, others, known, outcomes);
  await settleReplayed(client, rows.replayed);
  const more = rows.firsts.firsts.length > 0 ? [storeFirsts(rows.firsts)] : [];
  const sent = together(client, [...more, storeRest(rows.rest), COMMIT]);
  return {
    committed: sent.then(([stored]) => {
      if (more.length > 0 && storedOf(stored!))
        throw new Error('A message is there that was not when its batch was decided about.');
      return outcomes;
    }),
  };
}

function outcomesOf(firsts: Delivery[], result: pg.QueryResult): Outcomes {
  const stored = storedOf(result);
  const those = stored ? firsts.filter((_, index) => stored.has(index)) : firsts;
  return new Map(those.map((delivery) => [delivery, { kind: 'stored' }]));
}

/** Decides about deliveries by what is known, and says so in `outcomes`. */
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
