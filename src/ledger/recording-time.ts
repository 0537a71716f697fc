import { Prisma } from '../database/generated/client.js';
import { WRITER_LOCK } from './writer-lock.js';

/**
 * Waits for the writer's lock, which is then the transaction's until it ends, and takes the next recording time: later
 * than that of anything recorded before it. A batch of deliveries takes its own in the same way, so that whatever was
 * recorded by an instant stays the same for ever once a later time was taken.
 */
export async function takeRecordingTime(transaction: Prisma.TransactionClient): Promise<Date> {
  // A statement of its own: one that both waits and reads does not see what the last holder committed.
  await transaction.$queryRaw`select pg_advisory_xact_lock(${WRITER_LOCK}::bigint)::text`;
  const [row] = await transaction.$queryRaw<{ recorded_at: Date }[]>`
    update ledger_state
    set recorded_at = greatest(date_trunc('milliseconds', clock_timestamp()), recorded_at + interval '1 millisecond')
    returning recorded_at`;
  return row!.recorded_at;
}
