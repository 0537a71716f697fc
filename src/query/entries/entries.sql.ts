import { Prisma } from '../../database/generated/client.js';
import { FIGURES } from '../../ledger/figures.js';
import { idsToCompare } from '../per-agent.js';
import type { FigureTexts } from '../usage/usage.presenter.js';

/** A row of the ledger. Of a correction the figures are differences; null is what neither body reported. */
export type EntryRow = FigureTexts & {
  /** Counted over all agents. */
  position: string;
  kind: 'usage' | 'correction';
  agent_id: string;
  conversation_id: string;
  message_id: string;
  message_type: 'ANSWER' | 'QUESTION';
  revision: number;
  delivery_id: string;
  occurred_at: Date;
  recorded_at: Date;
};

export interface EntryFilter {
  agents: string[];
  conversationId?: string | undefined;
  messageId?: string | undefined;
  /** Null: open. */
  from: Date | null;
  to: Date | null;
  /** Inclusive; null for what is known now. */
  recordedBy: Date | null;
  /** Exclusive. */
  recordedAfter?: Date;
}

/** The entry that a page begins after. */
export interface AfterEntry {
  occurredAt: string;
  agent: string;
  /** Of its message. */
  id: string;
  revision: number;
}

const columns = Prisma.raw(
  [
    'e.position::text',
    'e.kind',
    'e.agent_id',
    'e.conversation_id',
    'e.message_id',
    'e.message_type',
    'e.revision',
    'e.delivery_id::text',
    'e.occurred_at',
    'e.recorded_at',
    ...FIGURES.map((name) => `trim_scale(e.${name}::numeric)::text as ${name}`),
  ].join(', '),
);

const ORDER = Prisma.raw('e.occurred_at, e.agent_id, e.message_id, e.revision');

/** A page of entries. Each agent's part begins at its place in the index, so that a deep page costs what the first one does. */
export const entriesPage = (filter: EntryFilter, after: AfterEntry | null, limit: number) => Prisma.sql`
  select ${columns}
  from unnest(${filter.agents}::text[], ${idsToCompare(filter.agents, after)}::text[]) as part (agent_id, message_id)
  cross join lateral (
    select e.* from usage_entry e
    where e.agent_id = part.agent_id ${conditions(filter)}
      ${
        after
          ? Prisma.sql`and (e.occurred_at, e.message_id, e.revision)
              > (${after.occurredAt}::timestamptz, part.message_id, ${after.revision}::int)`
          : Prisma.empty
      }
    order by e.occurred_at, e.message_id, e.revision
    limit ${limit}
  ) as e
  order by ${ORDER}
  limit ${limit}`;

/** All entries, in the order of the pages. */
export const allEntries = (filter: EntryFilter) => Prisma.sql`
  select ${columns} from usage_entry e
  where e.agent_id = any (${filter.agents}) ${conditions(filter)}
  order by ${ORDER}`;

function conditions({ agents, conversationId, messageId, from, to, recordedBy, recordedAfter }: EntryFilter) {
  return Prisma.sql`
    ${from ? Prisma.sql`and e.occurred_at >= ${from}` : Prisma.empty}
    ${to ? Prisma.sql`and e.occurred_at < ${to}` : Prisma.empty}
    ${recordedBy ? Prisma.sql`and e.recorded_at <= ${recordedBy}` : Prisma.empty}
    ${recordedAfter ? Prisma.sql`and e.recorded_at > ${recordedAfter}` : Prisma.empty}
    ${messageId === undefined ? Prisma.empty : Prisma.sql`and e.message_id = ${messageId}`}
    ${conversationId === undefined ? Prisma.empty : ofConversation(agents, conversationId)}`;
}

/** Entries have no index by conversation, but one by message. */
const ofConversation = (agents: string[], id: string) => Prisma.sql`
  and e.conversation_id = ${id} and e.message_id = any (array(
    select m.id from message m where m.agent_id = any (${agents}) and m.conversation_id = ${id}))`;
