import { Prisma } from '../../database/generated/client.js';
import { type AfterRow, idsToCompare, UUIDS } from '../per-agent.js';
import type { OpenRange } from '../time/range.js';

export const OUTCOMES = ['stored', 'repeated', 'revised', 'refused', 'backfilled'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface ArrivalRow {
  agent_id: string;
  received_at: Date;
  id: string;
  outcome: Outcome;
  /** Null for what was never refused. */
  quarantine: 'waiting' | 'stored' | 'dismissed' | null;
  conversation_id: string | null;
  message_id: string | null;
  bytes: number;
  sha256: string;
}

export interface ArrivalFilter {
  range: OpenRange;
  /** Undefined: all of them. */
  outcomes: Outcome[] | undefined;
}

/**
 * A page of deliveries by arrival, then agent, then id. Each agent's part begins inside an index at any depth: the
 * primary key, or for outcomes that are rare the partial index that holds only these. `received_at` is compared by itself
 * as well, because that alone keeps the months out that the page has passed.
 *
 * What belongs to an erased conversation is listed without its ids: its message was erased, or its conversation has no
 * message left, or it was a refused body that went with them. That is looked up for the rows of the page only.
 */
export function arrivals(
  agents: string[],
  { range, outcomes }: ArrivalFilter,
  order: 'asc' | 'desc',
  after: (AfterRow & { key: string }) | null,
  limit: number,
): Prisma.Sql {
  const direction = Prisma.raw(order);
  const far = Prisma.raw(order === 'asc' ? '>' : '<');
  const part = (isWanted: Prisma.Sql) => Prisma.sql`(
    select d.agent_id, d.received_at, d.id from delivery d
    where d.agent_id = part.agent_id ${isWanted}
      ${range.from ? Prisma.sql`and d.received_at >= ${range.from}` : Prisma.empty}
      ${range.to ? Prisma.sql`and d.received_at < ${range.to}` : Prisma.empty}
      ${
        after
          ? Prisma.sql`and d.received_at ${far}= ${after.key}::timestamptz
              and (d.received_at, d.id) ${far} (${after.key}::timestamptz, part.id::uuid)`
          : Prisma.empty
      }
    order by d.received_at ${direction}, d.id ${direction}
    limit ${limit})`;
  return Prisma.sql`
    with page as (
      select a.*
      from unnest(${agents}::text[], ${idsToCompare(agents, after, UUIDS)}::text[]) as part (agent_id, id)
      cross join lateral (${Prisma.join(wantedParts(outcomes).map(part), ' union all ')}) as a
      order by a.received_at ${direction}, a.agent_id ${direction}, a.id ${direction}
      limit ${limit}
    )
    select d.agent_id, d.received_at, d.id::text, d.outcome, d.quarantine, d.bytes, encode(d.sha256, 'hex') as sha256,
      case when not erased.is then d.conversation_id end as conversation_id,
      case when not erased.is then d.message_id end as message_id
    from page join delivery d on d.agent_id = page.agent_id and d.received_at = page.received_at and d.id = page.id
    cross join lateral (select
      coalesce(d.dismissed_reason = 'erased' and d.body is null and d.quarantine = 'dismissed', false)
      or exists (select from message m where m.agent_id = d.agent_id and m.id = d.message_id and m.erased_at is not null)
      or exists (select from conversation c where c.agent_id = d.agent_id and c.id = d.conversation_id and c.messages = 0)
      as is) as erased
    order by d.received_at ${direction}, d.agent_id ${direction}, d.id ${direction}`;
}

/** First bodies are nearly all there are, so whoever wants those too is served by the primary key. */
function wantedParts(outcomes: Outcome[] | undefined): Prisma.Sql[] {
  if (outcomes === undefined) return [Prisma.empty];
  if (outcomes.includes('stored')) return [Prisma.sql`and d.outcome = any (${outcomes}::text[])`];
  return outcomes.map((outcome) => Prisma.sql`and ${CONDITIONS[outcome]}`);
}

/** Written out, not parameters: only so are the partial indexes found. What is refused is or was in quarantine. */
const CONDITIONS: Record<Outcome, Prisma.Sql> = {
  stored: Prisma.sql`d.outcome = 'stored'`,
  repeated: Prisma.sql`d.outcome = 'repeated'`,
  revised: Prisma.sql`d.outcome = 'revised'`,
  refused: Prisma.sql`d.outcome = 'refused' and d.quarantine is not null`,
  backfilled: Prisma.sql`d.outcome = 'backfilled'`,
};
