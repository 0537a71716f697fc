import { Prisma } from '../../database/generated/client.js';
import { CREDIT_FIGURES, TOKEN_FIGURES } from '../../ledger/figures.js';
import { type AfterRow, idsToCompare } from '../per-agent.js';
import type { OpenRange } from '../time/range.js';
import type { FigureTexts } from '../usage/usage.presenter.js';

export type MessageRow = FigureTexts & {
  agent_id: string;
  conversation_id: string;
  id: string;
  message_type: 'ANSWER' | 'QUESTION';
  text: string | null;
  create_time: Date;
  received_at: Date;
  revision: number;
  erased_at: Date | null;
  /** A JSON array as text: it may hold numbers that JSON.parse would blur. */
  pieces: string;
};

/** Figures as texts: no driver makes a double or a Decimal of them. */
export const figureTexts = Prisma.raw(
  [
    ...TOKEN_FIGURES.map((name) => `m.${name}::text as ${name}`),
    ...CREDIT_FIGURES.map((name) => `trim_scale(m.${name})::text as ${name}`),
  ].join(', '),
);

/** What `presentMessage` shows of the message `m`. */
export const messageColumns = Prisma.sql`
  m.agent_id, m.conversation_id, m.id, m.message_type, m.text, m.create_time, m.received_at, m.revision, m.erased_at, ${figureTexts},
  (select coalesce(json_agg(json_build_object(
     'position', f.position, 'from_component_name', f.from_component_name,
     'from_component_branch', f.from_component_branch, 'text', f.text, 'audio', f.audio, 'more', f.more
   ) order by f.position), '[]')::text
   from flow_output f where f.agent_id = m.agent_id and f.message_id = m.id) as pieces`;

/** The messages of one id: one for each agent that has it. */
export const messagesOfId = (agents: string[], id: string) => Prisma.sql`
  select ${messageColumns} from message m where m.agent_id = any (${agents}) and m.id = ${id} order by m.agent_id limit 2`;

/** All messages of a conversation, oldest first. */
export const messagesOfConversation = (agent: string, id: string) => Prisma.sql`
  select ${messageColumns} from message m
  where m.agent_id = ${agent} and m.conversation_id = ${id} and m.erased_at is null
  order by m.create_time, m.id`;

export interface MessageFilter {
  range?: OpenRange;
  conversationId?: string | undefined;
  messageType?: 'ANSWER' | 'QUESTION' | undefined;
  /** The exact name of the component that any of the pieces came from. */
  component?: string | undefined;
}

/**
 * A page of messages by `create_time`, then agent, then id. The row comparison is where each agent's index scan begins,
 * so that a deep page costs what the first one does; pieces are fetched for the page's own rows only.
 */
export function messagesList(
  agents: string[],
  filter: MessageFilter,
  order: 'asc' | 'desc',
  after: (AfterRow & { key: string }) | null,
  limit: number,
): Prisma.Sql {
  const { range, conversationId, messageType } = filter;
  const { from, agent, time, id, type, isWanted } = sourceOf(filter);
  const direction = Prisma.raw(order);
  const far = Prisma.raw(order === 'asc' ? '>' : '<');
  return Prisma.sql`
    with page as (
      select m.*
      from unnest(${agents}::text[], ${idsToCompare(agents, after)}::text[]) as part (agent_id, id)
      cross join lateral (
        select distinct on (${time}, ${id}) ${agent} as agent_id, ${time} as create_time, ${id} as id from ${from}
        where ${agent} = part.agent_id ${isWanted}
          ${range?.from ? Prisma.sql`and ${time} >= ${range.from}` : Prisma.empty}
          ${range?.to ? Prisma.sql`and ${time} < ${range.to}` : Prisma.empty}
          ${conversationId === undefined ? Prisma.empty : Prisma.sql`and m.conversation_id = ${conversationId}`}
          ${messageType ? Prisma.sql`and ${type} = ${TYPES[messageType]}` : Prisma.empty}
          ${after ? Prisma.sql`and (${time}, ${id}) ${far} (${after.key}::timestamptz, part.id)` : Prisma.empty}
        order by ${time} ${direction}, ${id} ${direction}
        limit ${limit}
      ) as m
      order by m.create_time ${direction}, m.agent_id ${direction}, m.id ${direction}
      limit ${limit}
    )
    select ${messageColumns} from page join message m on m.agent_id = page.agent_id and m.id = page.id
    order by m.create_time ${direction}, m.agent_id ${direction}, m.id ${direction}`;
}

/** Written out, not parameters: only so is the partial index of questions found. */
export const TYPES = { ANSWER: Prisma.raw(`'ANSWER'`), QUESTION: Prisma.raw(`'QUESTION'`) };

const MESSAGES = {
  from: Prisma.raw('message m'),
  agent: Prisma.raw('m.agent_id'),
  time: Prisma.raw('m.create_time'),
  id: Prisma.raw('m.id'),
  type: Prisma.raw('m.message_type'),
  isWanted: Prisma.raw('and m.erased_at is null'),
};

/**
 * Where the ids of the page are found in order: in the messages, or in the pieces of one component, which know the time
 * and type of their message. A join with the messages would not do: PostgreSQL takes its result for far smaller than it
 * is, and then reads all pieces of the component to sort them. Only within a conversation, whose messages are few, it
 * does. The index of pieces holds the beginning of a name, since the whole might not fit.
 */
function sourceOf({ component, conversationId }: MessageFilter): typeof MESSAGES {
  if (component === undefined) return MESSAGES;
  const join =
    conversationId === undefined ? '' : 'join message m on m.agent_id = f.agent_id and m.id = f.message_id';
  return {
    from: Prisma.raw(`flow_output f ${join}`),
    agent: Prisma.raw('f.agent_id'),
    time: Prisma.raw('f.create_time'),
    id: Prisma.raw('f.message_id'),
    type: Prisma.raw('f.message_type'),
    isWanted: Prisma.sql`
      and left(f.from_component_name, 64) = left(${component}, 64) and f.from_component_name = ${component}`,
  };
}
