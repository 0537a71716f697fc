import { Prisma } from '../../database/generated/client.js';
import { type MessageRow, messageColumns } from '../history/messages.sql.js';

export type ChangeRow = MessageRow & {
  position: bigint;
  kind: 'stored' | 'revised' | 'erased';
  /** Whether nothing is left of the message but its ids. */
  is_erased: boolean;
};

/** That the message `m` of the change `c` was erased. */
const isErased = Prisma.raw(`exists (
  select from change e where e.agent_id = c.agent_id and e.message_id = c.message_id and e.kind = 'erased')`);

/** The last position of the feed. Whoever reads it sees every change up to it. */
export const lastPosition = Prisma.sql`select position from ledger_state`;

/** Changes after one position up to another, in their order, with their messages as they are now. */
export const changesBetween = (agents: string[], after: bigint, upTo: bigint, limit: number) => Prisma.sql`
  with page as (
    select c.*
    from unnest(${agents}::text[]) as part (agent_id)
    cross join lateral (
      select c.agent_id, c.position, c.kind, c.message_id from change c
      where c.agent_id = part.agent_id and c.position > ${after} and c.position <= ${upTo}
      order by c.position limit ${limit}
    ) as c
    order by c.position limit ${limit}
  )
  select c.position, c.kind, ${isErased} as is_erased, ${messageColumns}
  from page c join message m on m.agent_id = c.agent_id and m.id = c.message_id
  order by c.position`;
