import { Prisma } from '../../database/generated/client.js';
import type { Question } from '../../search/question.js';
import { type AfterRow, idsToCompare } from '../per-agent.js';
import type { OpenRange } from '../time/range.js';
import type { Prices } from '../usage/prices.js';
import { type ConversationSort, columns, rangeOfLast, SORT_KEYS, usage } from './conversations.sql.js';
import { matches } from './matches.sql.js';

/** A page of conversations with a message that answers a question. */
export interface ConversationSearch {
  agents: string[];
  range: OpenRange;
  question: Question;
  sort: ConversationSort;
  order: 'asc' | 'desc';
  after: (AfterRow & { key: string }) | null;
  limit: number;
  prices: Prices;
}

/**
 * For common words: as `walkedMessages`, over the conversations of the list. Without its limit and
 * offset the inner question would be answered for all conversations at once, or from the index of words for each.
 */
export function walkedConversations(search: ConversationSearch, step: number): Prisma.Sql {
  const { agents, range, question, sort, order, after, limit, prices } = search;
  const { key, type } = SORT_KEYS[sort];
  const direction = Prisma.raw(order);
  const far = Prisma.raw(order === 'asc' ? '>' : '<');
  const near = Prisma.raw(order === 'asc' ? '<' : '>');
  const [nearest, last] = order === 'asc' ? ['min', 'max'] : ['max', 'min'];
  return Prisma.sql`
    with walked as materialized (
      select c.*
      from unnest(${agents}::text[], ${idsToCompare(agents, after)}::text[]) as part (agent_id, id)
      cross join lateral (
        select ${columns}, ${key} as key, (
          select true from (
            select m.* from message m where m.agent_id = c.agent_id and m.conversation_id = c.id offset 0
          ) as m where ${matches(question)} limit 1
        ) as hit
        from conversation c
        where c.agent_id = part.agent_id ${rangeOfLast(range)}
          ${after ? Prisma.sql`and (${key}, c.id) ${far} (${after.key}::${type}, part.id)` : Prisma.empty}
        order by ${key} ${direction}, c.id ${direction}
        limit ${step}
      ) as c
    ), horizon as (
      select ${Prisma.raw(nearest!)}(ended) as at from (
        select ${Prisma.raw(last!)}(key) as ended from walked group by agent_id having count(*) = ${step}
      ) as ends
    ), page as (
      select walked.* from walked, horizon
      where hit and (horizon.at is null or key ${near} horizon.at)
      order by key ${direction}, agent_id ${direction}, id ${direction}
      limit ${limit}
    )
    select ${columns}, c.key::text as sort_key, (select at is null from horizon) as whole, usage.* from page c ${usage(prices)}
    order by c.key ${direction}, c.agent_id ${direction}, c.id ${direction}`;
}

/** For rare words: takes all hits from the index of words, and sorts their conversations. */
export function foundConversations(search: ConversationSearch): Prisma.Sql {
  const { agents, range, question, sort, order, after, limit, prices } = search;
  const { key, type } = SORT_KEYS[sort];
  const direction = Prisma.raw(order);
  const far = Prisma.raw(order === 'asc' ? '>' : '<');
  return Prisma.sql`
    with hit as materialized (
      select distinct m.agent_id, m.conversation_id from message m
      where ${matches(question)} and m.agent_id = any (${agents})
    ), page as (
      select ${columns}, ${key} as key
      from hit
      join unnest(${agents}::text[], ${idsToCompare(agents, after)}::text[]) as part (agent_id, id)
        on part.agent_id = hit.agent_id
      join conversation c on c.agent_id = hit.agent_id and c.id = hit.conversation_id
      where true ${rangeOfLast(range)}
        ${after ? Prisma.sql`and (${key}, c.id) ${far} (${after.key}::${type}, part.id)` : Prisma.empty}
      order by key ${direction}, c.agent_id ${direction}, c.id ${direction}
      limit ${limit}
    )
    select ${columns}, c.key::text as sort_key, usage.* from page c ${usage(prices)}
    order by c.key ${direction}, c.agent_id ${direction}, c.id ${direction}`;
}
