import { Prisma } from '../../database/generated/client.js';
import { WRITER_LOCK } from '../../ledger/writer-lock.js';

/** How far an answer has seen. */
export interface Moment {
  /** When the last batch of deliveries or price was recorded that it saw: no later one is recorded at the same millisecond. */
  ledger: Date;
  /** The clock of the database, for what is recorded beside the ledger: what left quarantine. */
  clock: Date;
}

export const readMoment = Prisma.sql`
  select recorded_at as ledger, date_trunc('milliseconds', clock_timestamp()) as clock from ledger_state`;

/**
 * Waits until no batch is being committed. It must be a statement of its own, and what is to see the batch one that
 * begins after it: a statement that both waits and reads took its snapshot before the wait.
 */
export const waitForWriter = Prisma.sql`select pg_advisory_xact_lock_shared(${WRITER_LOCK}::bigint)::text`;
