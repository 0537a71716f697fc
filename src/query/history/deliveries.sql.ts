import { Prisma } from '../../database/generated/client.js';

export interface DeliveryRow {
  id: string;
  received_at: Date;
  outcome: 'stored' | 'repeated' | 'revised';
  sha256: string;
  body: Uint8Array | null;
}

/**
 * A body that was refused again shares the bytes of the one before it. A repeat kept none of its own: they are those of
 * the delivery that made the change of the same SHA-256.
 */
export const bytes = Prisma.sql`
  coalesce(d.body, (
    select holder.body from delivery holder
    where d.body_in is not null and holder.agent_id = d.agent_id and holder.id = d.body_in
      and holder.received_at = to_timestamp(('x' || left(replace(d.body_in::text, '-', ''), 12))::bit(48)::bigint / 1000.0)::timestamptz(3)
  ), (
    select kept.body from change c
    join delivery kept on kept.agent_id = c.agent_id and kept.message_id = c.message_id and kept.id = c.delivery_id
    where c.agent_id = d.agent_id and c.message_id = d.message_id and c.sha256 = d.sha256
  ))`;

/** Every body that arrived for a message and was not refused, oldest first. */
export const deliveriesOfMessage = (
  agent: string,
  messageId: string,
  after: { receivedAt: string; id: string } | null,
  limit: number,
) => Prisma.sql`
  select d.id::text, d.received_at, d.outcome, encode(d.sha256, 'hex') as sha256,
         ${bytes} as body
  from delivery d
  where d.agent_id = ${agent} and d.message_id = ${messageId} and d.outcome <> 'refused'
    ${after ? Prisma.sql`and (d.received_at, d.id) > (${after.receivedAt}::timestamptz, ${after.id}::uuid)` : Prisma.empty}
  order by d.received_at, d.id
  limit ${limit}`;

/** The bytes of one delivery, refused ones too. The instant inside its id leads to its partition. */
export const bodyOfDelivery = (agents: string[], receivedAt: Date, id: string) => Prisma.sql`
  select d.agent_id, ${bytes} as body from delivery d
  where d.agent_id = any (${agents}) and d.received_at = ${receivedAt} and d.id = ${id}::uuid`;
