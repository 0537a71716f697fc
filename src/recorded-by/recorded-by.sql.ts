import { WRITER_LOCK } from '../ledger/writer-lock.js';

/** Milliseconds to wait for the writer's lock. A batch takes a few; a longer wait means that the writer is busy or stuck. */
const LOCK_TIMEOUT_MS = 500;

/** What one look at the database shows. */
export interface RecordedByRow {
  /** Everything recorded at or before this instant is committed. */
  recorded_by: Date;
  /** The clock of the database. */
  clock: Date;
}

/**
 * Waits until no batch is being committed, and reads up to when the record is complete. A batch that gets the lock later
 * is recorded at the millisecond of the clock at that moment, or later: so the record is complete up to the millisecond
 * before the clock that is read under the lock, or up to the last recording time if that is ahead of the clock.
 *
 * One text, so that the lock is held for no round trip: the writer waits behind it for some microseconds. Three
 * statements, because one that both waits and reads took its snapshot before the wait. Without "begin" they are one
 * transaction, and after an error the connection is as it was.
 */
export const READ_UNDER_LOCK = `select set_config('lock_timeout', '${LOCK_TIMEOUT_MS}ms', true);
select pg_advisory_xact_lock_shared(${WRITER_LOCK});
select greatest(date_trunc('milliseconds', clock_timestamp()) - interval '1 millisecond', recorded_at) as recorded_by,
  clock_timestamp() as clock
from ledger_state`;

/** The same without the lock. Of a batch that is being committed nothing is known, so only what was recorded before it is certain. */
export const READ_WITHOUT_LOCK =
  'select recorded_at as recorded_by, clock_timestamp() as clock from ledger_state';

/** The SQLSTATE of a lock that could not be had in time. */
export const LOCK_NOT_AVAILABLE = '55P03';
