import { badRequest } from '../../errors/problem.js';
import type { RecordedBy } from '../../recorded-by/recorded-by.service.js';

/**
 * Resolves when nothing more can be recorded at or before an instant: then what was recorded by then stays the same.
 * @throws 400 for an instant in the future, by the clock of the database; 503 where the writer does not get done
 */
export async function settle(recordedBy: RecordedBy, asOf: Date): Promise<void> {
  await recordedBy.reach(asOf, (aheadMs) => {
    if (aheadMs > 0) throw badRequest('as_of', 'must not be in the future');
  });
}
