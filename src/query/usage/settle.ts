import { setTimeout as sleep } from 'node:timers/promises';
import type { PrismaClient } from '../../database/generated/client.js';
import { badRequest } from '../../errors/problem.js';
import { type Moment, readMoment, waitForWriter } from './moment.sql.js';

/**
 * Resolves when nothing more can be recorded at or before an instant: then what was recorded by then stays the same.
 * @throws 400 for an instant in the future, by the clock of the database
 */
export async function settle(prisma: PrismaClient, asOf: Date): Promise<void> {
  for (;;) {
    const [now] = await prisma.$queryRaw<Moment[]>(readMoment);
    const { ledger, clock } = now!;
    // Everything is recorded later than what was recorded before it.
    if (ledger >= asOf) return;
    if (clock < asOf) throw badRequest('as_of', 'must not be in the future');
    if (clock > asOf) break;
    await sleep(1);
  }
  await prisma.$queryRaw(waitForWriter);
}
