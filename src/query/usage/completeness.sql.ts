import { Prisma } from '../../database/generated/client.js';

export interface ArrivalRow {
  quarantined: bigint;
  last_delivery_at: Date | null;
}

/** What arrived and could not be counted: bodies that wait in quarantine, by arrival; and when anything last arrived. */
export const arrivals = (agents: string[], from: Date, to: Date) => Prisma.sql`
  select
    (select count(*) from delivery
     where agent_id = any (${agents}) and quarantine = 'waiting' and received_at >= ${from} and received_at < ${to}) as quarantined,
    (select max(received_at) from delivery where agent_id = any (${agents})) as last_delivery_at`;
