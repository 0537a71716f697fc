import type pg from 'pg';
import { type BodyCounts, COUNTS, type Eraser, withoutBody } from './erasure.sql.js';

/** A place among the deliveries of an agent. */
export interface Arrival {
  receivedAt: string;
  id: string;
}

export interface RefusedBody extends Arrival {
  body: Buffer;
  /** Whether the delivery could be read as far as its conversation. */
  isAttributed: boolean;
}

/** Bodies of one page: the least that a page has is one, which may have BODY_LIMIT. */
const PAGE = { bodies: 200, bytes: 1024 * 1024 };

/**
 * The next bodies of an agent that were refused and never stored, in the order of their arrival, after a place. A delivery
 * that shares the bytes of another is not among them.
 */
export async function refusedBodies(
  client: pg.ClientBase,
  agentId: string,
  after: Arrival | null,
): Promise<RefusedBody[]> {
  const { rows } = await client.query<{
    received_at: Date;
    id: string;
    body: Buffer;
    is_attributed: boolean;
  }>(
    `with next as (
       select d.received_at, d.id, d.bytes, d.conversation_id is not null as is_attributed, d.body from delivery d
       where d.agent_id = $1 and d.quarantine in ('waiting', 'dismissed') and d.body is not null
         and d.received_at >= $2::timestamptz and (d.received_at, d.id) > ($2::timestamptz, $3::uuid)
       order by d.received_at, d.id limit $4
     ), counted as (
       select *, sum(bytes) over (order by received_at, id) - bytes as bytes_before from next
     )
     select received_at, id::text, is_attributed, body from counted where bytes_before < $5 order by received_at, id`,
    [
      agentId,
      after?.receivedAt ?? '-infinity',
      after?.id ?? '00000000-0000-0000-0000-000000000000',
      PAGE.bodies,
      PAGE.bytes,
    ],
  );
  return rows.map((row) => ({
    receivedAt: row.received_at.toISOString(),
    id: row.id,
    body: row.body,
    isAttributed: row.is_attributed,
  }));
}

/** Of some message ids of an agent those that are here, with their conversations. */
export async function conversationsOf(
  client: pg.ClientBase,
  agentId: string,
  messageIds: string[],
): Promise<Map<string, string>> {
  if (messageIds.length === 0) return new Map();
  const { rows } = await client.query<{ id: string; conversation_id: string }>(
    'select id, conversation_id from message where agent_id = $1 and id = any ($2::text[])',
    [agentId, messageIds],
  );
  return new Map(rows.map((row) => [row.id, row.conversation_id]));
}

/** Erases some bodies, unless they were stored meanwhile. Only under the writer's lock, for a replay may be at them. */
export async function eraseRefusedAt(
  client: pg.ClientBase,
  agentId: string,
  places: Arrival[],
  eraser: Eraser,
): Promise<BodyCounts> {
  const { rows } = await client.query<BodyCounts>(
    `with place as (
       select * from unnest($2::timestamptz[], $3::uuid[]) as place (received_at, id)
     ), gone as (
       update delivery d ${withoutBody({ keyId: '$4', label: '$5' })} from place
       where d.agent_id = $1 and d.received_at = place.received_at and d.id = place.id
         and d.quarantine in ('waiting', 'dismissed') and (d.body is not null or d.quarantine = 'waiting')
       returning d.quarantine
     ) ${COUNTS} from gone`,
    [
      agentId,
      places.map(({ receivedAt }) => receivedAt),
      places.map(({ id }) => id),
      eraser.keyId,
      eraser.label,
    ],
  );
  return rows[0]!;
}

/** The next deliveries that wait with the bytes of another one, which were erased. */
export async function withoutBytes(
  client: pg.ClientBase,
  agentId: string,
  limit: number,
): Promise<Arrival[]> {
  const { rows } = await client.query<{ received_at: Date; id: string }>(
    `select d.received_at, d.id::text from delivery d
     where d.agent_id = $1 and d.quarantine = 'waiting' and d.body is null and d.body_in is not null
       and not exists (
         select from delivery holder where holder.agent_id = d.agent_id and holder.id = d.body_in and holder.body is not null
           and holder.received_at = to_timestamp(('x' || left(replace(d.body_in::text, '-', ''), 12))::bit(48)::bigint / 1000.0)::timestamptz(3))
     limit $2`,
    [agentId, limit],
  );
  return rows.map((row) => ({ receivedAt: row.received_at.toISOString(), id: row.id }));
}
