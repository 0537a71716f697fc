import { Prisma } from '../../database/generated/client.js';
import type { Moment } from './moment.sql.js';
import type { Filter } from './usage-sources.sql.js';

export interface ArrivalRow {
  quarantined: bigint;
  last_delivery_at: Date | null;
}

/** A delivery's own clock may be that of another machine than the database's. */
const CLOCKS_DIFFER_BY = Prisma.raw(`interval '1 day'`);

/**
 * What arrived and could not be counted: bodies that wait in quarantine, by arrival in the range (of one conversation,
 * those that name it; their message type nobody knows); and when anything last arrived for the agents at all.
 * @param moment null for what is known now
 */
export function arrivals({ agents, conversationId, from, to }: Filter, moment: Moment | null): Prisma.Sql {
  const waiting = moment
    ? Prisma.sql`d.recorded_at <= ${moment.ledger} and (d.quarantine = 'waiting' or d.quarantine_settled_at > ${moment.clock})`
    : Prisma.sql`d.quarantine = 'waiting'`;
  const recorded = moment
    ? Prisma.sql`and d.recorded_at <= ${moment.ledger} and d.received_at < ${moment.ledger}::timestamptz + ${CLOCKS_DIFFER_BY}`
    : Prisma.empty;
  return Prisma.sql`
    select
      (select count(*) from delivery d
       where d.agent_id = any (${agents}) and d.quarantine is not null and ${waiting}
         and d.received_at >= ${from} and d.received_at < ${to}
         ${conversationId === undefined ? Prisma.empty : Prisma.sql`and d.conversation_id = ${conversationId}`}
      ) as quarantined,
      (select max(latest.received_at) from unnest(${agents}::text[]) as agent (id) cross join lateral (
         select d.received_at from delivery d where d.agent_id = agent.id ${recorded}
         order by d.received_at desc limit 1) as latest) as last_delivery_at`;
}
