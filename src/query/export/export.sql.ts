import { Prisma } from '../../database/generated/client.js';
import { entryColumns } from '../entries/entries.sql.js';
import { bytes } from '../history/deliveries.sql.js';
import { messageColumns } from '../history/messages.sql.js';
import type { OpenRange } from '../time/range.js';
import type { Kind } from './export.dto.js';

/** The row that an export goes on after. */
export interface AfterExported {
  agent: string;
  at: Date;
  id: string;
  /** Of an entry, whose message may have others of the same instant. */
  revision: number;
}

export interface ExportedDelivery {
  agent_id: string;
  id: string;
  received_at: Date;
  outcome: 'stored' | 'repeated' | 'revised' | 'refused';
  quarantine: 'waiting' | 'stored' | 'dismissed' | null;
  conversation_id: string | null;
  message_id: string | null;
  sha256: string;
  body: Uint8Array | null;
}

export const between = (time: Prisma.Sql, { from, to }: OpenRange) => Prisma.sql`
  ${from ? Prisma.sql`and ${time} >= ${from}` : Prisma.empty}
  ${to ? Prisma.sql`and ${time} < ${to}` : Prisma.empty}`;

/** All rows of one agent, in the order of an index, so that the first comes at once and none is sorted. */
export const exported: Record<
  Kind,
  (agent: string, range: OpenRange, after: AfterExported | null) => Prisma.Sql
> = {
  messages: (agent, range, after) => Prisma.sql`
    select ${messageColumns} from message m
    where m.agent_id = ${agent} and m.erased_at is null ${between(Prisma.sql`m.create_time`, range)}
      ${after ? Prisma.sql`and (m.create_time, m.id) > (${after.at}, ${after.id})` : Prisma.empty}
    order by m.create_time, m.id`,

  deliveries: (agent, range, after) => Prisma.sql`
    select d.agent_id, d.id::text, d.received_at, d.outcome, d.quarantine, d.conversation_id, d.message_id,
           encode(d.sha256, 'hex') as sha256, ${bytes} as body
    from delivery d
    where d.agent_id = ${agent} ${between(Prisma.sql`d.received_at`, range)}
      ${after ? Prisma.sql`and (d.received_at, d.id) > (${after.at}, ${after.id}::uuid)` : Prisma.empty}
    order by d.received_at, d.id`,

  entries: (agent, range, after) => Prisma.sql`
    select ${entryColumns} from usage_entry e
    where e.agent_id = ${agent} ${between(Prisma.sql`e.occurred_at`, range)}
      ${
        after
          ? Prisma.sql`and (e.occurred_at, e.message_id, e.revision) > (${after.at}, ${after.id}, ${after.revision}::int)`
          : Prisma.empty
      }
    order by e.occurred_at, e.message_id, e.revision`,
};

/** Where the row stands that a cursor names. */
export const messageAt = (agent: string, id: string) => Prisma.sql`
  select agent_id as agent, create_time as at, id, 0 as revision from message where agent_id = ${agent} and id = ${id}`;

export const deliveryAt = (agents: string[], receivedAt: Date, id: string) => Prisma.sql`
  select agent_id as agent, received_at as at, id::text, 0 as revision from delivery
  where agent_id = any (${agents}) and received_at = ${receivedAt} and id = ${id}::uuid`;

export const entryAt = (agents: string[], position: bigint) => Prisma.sql`
  select e.agent_id as agent, e.occurred_at as at, e.message_id as id, e.revision
  from change c join usage_entry e on e.agent_id = c.agent_id and e.message_id = c.message_id and e.revision = c.revision
  where c.agent_id = any (${agents}) and c.position = ${position}`;
