import { Prisma } from '../../database/generated/client.js';
import type { Question } from '../../search/question.js';
import { type AfterRow, idsToCompare } from '../per-agent.js';
import { matches } from './matches.sql.js';
import { type MessageFilter, messageColumns, TYPES } from './messages.sql.js';

/** A page of what answers a question, in the order of the list that it is part of. */
export interface Search {
  agents: string[];
  filter: MessageFilter;
  question: Question;
  order: 'asc' | 'desc';
  after: (AfterRow & { key: string }) | null;
  limit: number;
}

function conditions({ range, conversationId, messageType }: MessageFilter): Prisma.Sql {
  return Prisma.sql`
    ${range?.from ? Prisma.sql`and m.create_time >= ${range.from}` : Prisma.empty}
    ${range?.to ? Prisma.sql`and m.create_time < ${range.to}` : Prisma.empty}
    ${conversationId === undefined ? Prisma.empty : Prisma.sql`and m.conversation_id = ${conversationId}`}
    ${messageType ? Prisma.sql`and m.message_type = ${TYPES[messageType]}` : Prisma.empty}`;
}

const isHit = ({ question, filter: { component } }: Search): Prisma.Sql =>
  component === undefined
    ? matches(question)
    : Prisma.sql`${matches(question)} and exists (
        select from flow_output f
        where f.agent_id = m.agent_id and f.message_id = m.id and f.from_component_name = ${component})`;

/** `whole`: the walk came to the end of everything, so that there are no more hits than these. */
export type WalkedRow<Row> = Row & { whole: boolean };

/**
 * For common words: looks at the next `step` messages of the list and no further, so that it costs the same among
 * thousands and millions. Where not all agents' messages were looked at, hits beyond the nearest place where a look
 * ended are left out, since a hit of that agent may lie before them. Fewer rows than `limit` without `whole` mean
 * nothing: ask `foundMessages`.
 */
export function walkedMessages(search: Search, step: number): Prisma.Sql {
  const { agents, filter, order, after, limit } = search;
  const direction = Prisma.raw(order);
  const far = Prisma.raw(order === 'asc' ? '>' : '<');
  const near = Prisma.raw(order === 'asc' ? '<' : '>');
  const [nearest, last] = order === 'asc' ? ['min', 'max'] : ['max', 'min'];
  return Prisma.sql`
    with walked as materialized (
      select m.*
      from unnest(${agents}::text[], ${idsToCompare(agents, after)}::text[]) as part (agent_id, id)
      cross join lateral (
        select m.agent_id, m.create_time, m.id, ${isHit(search)} as hit from message m
        where m.agent_id = part.agent_id ${conditions(filter)}
          ${after ? Prisma.sql`and (m.create_time, m.id) ${far} (${after.key}::timestamptz, part.id)` : Prisma.empty}
        order by m.create_time ${direction}, m.id ${direction}
        limit ${step}
      ) as m
    ), horizon as (
      select ${Prisma.raw(nearest!)}(ended) as at from (
        select ${Prisma.raw(last!)}(create_time) as ended from walked group by agent_id having count(*) = ${step}
      ) as ends
    ), page as (
      select agent_id, create_time, id from walked, horizon
      where hit and (horizon.at is null or create_time ${near} horizon.at)
      order by create_time ${direction}, agent_id ${direction}, id ${direction}
      limit ${limit}
    )
    select ${messageColumns}, (select at is null from horizon) as whole
    from page join message m on m.agent_id = page.agent_id and m.id = page.id
    order by m.create_time ${direction}, m.agent_id ${direction}, m.id ${direction}`;
}

/** For rare words: takes all hits from the index of words, and sorts them. */
export function foundMessages(search: Search): Prisma.Sql {
  const { agents, filter, order, after, limit } = search;
  const direction = Prisma.raw(order);
  const far = Prisma.raw(order === 'asc' ? '>' : '<');
  return Prisma.sql`
    with hit as materialized (
      select m.agent_id, m.create_time, m.id from message m
      where ${isHit(search)} and m.agent_id = any (${agents}) ${conditions(filter)}
        ${after ? Prisma.sql`and m.create_time ${far}= ${after.key}::timestamptz` : Prisma.empty}
    ), page as (
      select hit.* from hit
      join unnest(${agents}::text[], ${idsToCompare(agents, after)}::text[]) as part (agent_id, id)
        on part.agent_id = hit.agent_id
      ${after ? Prisma.sql`where (hit.create_time, hit.id) ${far} (${after.key}::timestamptz, part.id)` : Prisma.empty}
      order by hit.create_time ${direction}, hit.agent_id ${direction}, hit.id ${direction}
      limit ${limit}
    )
    select ${messageColumns} from page join message m on m.agent_id = page.agent_id and m.id = page.id
    order by m.create_time ${direction}, m.agent_id ${direction}, m.id ${direction}`;
}

/** The newest message of each conversation that answers a question, where there is one. */
export const newestHits = (
  conversations: { agent_id: string; id: string }[],
  question: Question,
): Prisma.Sql => Prisma.sql`
  select ${messageColumns}
  from unnest(${conversations.map((row) => row.agent_id)}::text[], ${conversations.map((row) => row.id)}::text[])
    as wanted (agent_id, id)
  cross join lateral (
    select m.* from (
      select m.* from message m where m.agent_id = wanted.agent_id and m.conversation_id = wanted.id offset 0
    ) as m where ${matches(question)}
    order by m.create_time desc, m.id desc limit 1
  ) as m`;
