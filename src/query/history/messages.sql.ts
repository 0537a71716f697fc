import { Prisma } from '../../database/generated/client.js';
import { FIGURES } from '../../ledger/figures.js';
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
  /** A JSON array as text: it may hold numbers that JSON.parse would blur. */
  pieces: string;
};

/** Figures as texts: no driver makes a double or a Decimal of them. */
export const figureTexts = Prisma.raw(
  FIGURES.map((name) => `trim_scale(m.${name}::numeric)::text as ${name}`).join(', '),
);

const columns = Prisma.sql`
  m.agent_id, m.conversation_id, m.id, m.message_type, m.text, m.create_time, m.received_at, m.revision, ${figureTexts},
  (select coalesce(json_agg(json_build_object(
     'position', f.position, 'from_component_name', f.from_component_name,
     'from_component_branch', f.from_component_branch, 'text', f.text, 'audio', f.audio, 'more', f.more
   ) order by f.position), '[]')::text
   from flow_output f where f.agent_id = m.agent_id and f.message_id = m.id) as pieces`;

/** The messages of one id: one for each agent that has it. */
export const messagesOfId = (agents: string[], id: string) => Prisma.sql`
  select ${columns} from message m where m.agent_id = any (${agents}) and m.id = ${id} order by m.agent_id limit 2`;

/**
 * A page of a conversation by `create_time`, then id. The row comparison is what the index can begin from, at any depth.
 */
export const messagesOfConversation = (
  agent: string,
  conversationId: string,
  order: 'asc' | 'desc',
  after: { createTime: string; id: string } | null,
  limit: number,
) => {
  const direction = Prisma.raw(order);
  const start = after
    ? Prisma.sql`and (m.create_time, m.id) ${Prisma.raw(order === 'asc' ? '>' : '<')} (${after.createTime}::timestamptz, ${after.id})`
    : Prisma.empty;
  return Prisma.sql`
    select ${columns} from message m
    where m.agent_id = ${agent} and m.conversation_id = ${conversationId} ${start}
    order by m.create_time ${direction}, m.id ${direction}
    limit ${limit}`;
};
