import { Prisma } from '../../database/generated/client.js';

/** How far an answer has seen. */
export interface Moment {
  /** When the last batch of deliveries or price was recorded that it saw: no later one is recorded at the same millisecond. */
  ledger: Date;
  /** The clock of the database, for what is recorded beside the ledger: what left quarantine. */
  clock: Date;
}

export const readMoment = Prisma.sql`
  select recorded_at as ledger, date_trunc('milliseconds', clock_timestamp()) as clock from ledger_state`;
