import { Prisma } from '../../database/generated/client.js';
import { FIGURES } from '../../ledger/figures.js';
import { type AfterRow, idsToCompare } from '../per-agent.js';
import type { OpenRange } from '../time/range.js';
import type { Prices } from '../usage/prices.js';
import { priceRows, stretchOf } from '../usage/prices.sql.js';
import type { FigureTexts } from '../usage/usage.presenter.js';

export type ConversationRow = FigureTexts & {
  agent_id: string;
  id: string;
  first_message_at: Date;
  last_message_at: Date;
  messages: bigint;
  cost: { currency: string; amount: string }[];
  /** What the list is sorted by, as a text that PostgreSQL reads back unchanged. */
  sort_key: string;
};

export type ConversationSort = 'last_message_at' | 'credits';

/** The second is the expression of an index, word for word. */
export const SORT_KEYS = {
  last_message_at: { key: Prisma.raw('c.last_message_at'), type: Prisma.raw('timestamptz') },
  credits: {
    key: Prisma.raw('(case when c.credit_messages > 0 then c.total_credits else -1 end)'),
    type: Prisma.raw('numeric'),
  },
};

export const columns = Prisma.raw('c.agent_id, c.id, c.first_message_at, c.last_message_at, c.messages');

const figures = (expression: (name: string) => string) =>
  Prisma.raw(FIGURES.map((name) => `${expression(name)} as ${name}`).join(', '));

/**
 * What the conversation `c` used and cost, as far as it is there to be read: a figure that none of its messages reported
 * stays null. Its messages are read once, and summed up by the stretches between price changes.
 */
export const usage = (prices: Prices): Prisma.Sql => Prisma.sql`cross join lateral (
  with part as materialized (
    select ${stretchOf('m.create_time', prices)} as stretch, ${figures((name) => `sum(m.${name})`)}
    from message m where m.agent_id = c.agent_id and m.conversation_id = c.id and m.erased_at is null
    group by 1
  ), priced as (
    select price.currency, trim_scale(sum(part.total_credits * price.per_credit))::text as amount
    from part join (${priceRows(prices)}) as price
      on price.agent = c.agent_id and part.stretch between price.first and price.last
    where part.total_credits is not null
    group by price.currency
  )
  select ${figures((name) => `trim_scale(sum(part.${name}))::text`)},
    coalesce((select json_agg(priced order by currency collate "C") from priced), '[]') as cost
  from part
) as usage`;

/** That the last message of the conversation `c` lies in a range. */
export const rangeOfLast = (range: OpenRange): Prisma.Sql => Prisma.sql`
  ${range.from ? Prisma.sql`and c.last_message_at >= ${range.from}` : Prisma.empty}
  ${range.to ? Prisma.sql`and c.last_message_at < ${range.to}` : Prisma.empty}`;

/** The conversations of one id: one for each agent that has it. */
export const conversationsOfId = (agents: string[], id: string, prices: Prices) => Prisma.sql`
  select ${columns}, usage.* from conversation c ${usage(prices)}
  where c.agent_id = any (${agents}) and c.id = ${id} order by c.agent_id limit 2`;

/**
 * A page of conversations by their sort key, then agent, then id. Each agent's part is one scan of an index that begins
 * where the last page ended, so that a deep page costs what the first one does; only the page's own rows are summed up.
 */
export function conversationsList(
  agents: string[],
  range: OpenRange,
  sort: ConversationSort,
  order: 'asc' | 'desc',
  after: (AfterRow & { key: string }) | null,
  limit: number,
  prices: Prices,
): Prisma.Sql {
  const { key, type } = SORT_KEYS[sort];
  const direction = Prisma.raw(order);
  const far = Prisma.raw(order === 'asc' ? '>' : '<');
  return Prisma.sql`
    with page as (
      select c.*
      from unnest(${agents}::text[], ${idsToCompare(agents, after)}::text[]) as part (agent_id, id)
      cross join lateral (
        select ${columns}, ${key} as key from conversation c
        where c.agent_id = part.agent_id and c.messages > 0 ${rangeOfLast(range)}
          ${after ? Prisma.sql`and (${key}, c.id) ${far} (${after.key}::${type}, part.id)` : Prisma.empty}
        order by ${key} ${direction}, c.id ${direction}
        limit ${limit}
      ) as c
      order by c.key ${direction}, c.agent_id ${direction}, c.id ${direction}
      limit ${limit}
    )
    select ${columns}, c.key::text as sort_key, usage.* from page c ${usage(prices)}
    order by c.key ${direction}, c.agent_id ${direction}, c.id ${direction}`;
}
