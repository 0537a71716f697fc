import type pg from 'pg';
import type { Delivery } from '../delivery.js';

/**
 * Which of the deliveries are here already, by their ids: one that was exported is found by its own; a body by itself by
 * a message, or by bytes that wait in quarantine, of the same SHA-256.
 */
export async function alreadyHere(
  client: pg.Client,
  deliveries: Delivery[],
  exported: Set<string>,
): Promise<Set<string>> {
  const bare = deliveries.filter(({ id }) => !exported.has(id));
  const own = deliveries.filter(({ id }) => exported.has(id));
  const { rows } = await client.query<{ id: string }>(
    `select w.id::text from unnest($1::text[], $2::timestamptz[], $3::uuid[]) as w (agent_id, received_at, id)
     join delivery d on d.agent_id = w.agent_id and d.received_at = w.received_at and d.id = w.id
     union all
     select w.id::text from unnest($4::text[], $5::text[], $6::text[], $7::uuid[]) as w (agent_id, message_id, sha256, id)
     where exists (
         select from change c
         where c.agent_id = w.agent_id and c.message_id = w.message_id and c.sha256 = decode(w.sha256, 'hex'))
       or w.message_id is null and exists (
         select from delivery d
         where d.agent_id = w.agent_id and d.quarantine is not null and d.sha256 = decode(w.sha256, 'hex'))`,
    [
      own.map(({ agentId }) => agentId),
      own.map(({ receivedAt }) => receivedAt.toISOString()),
      own.map(({ id }) => id),
      bare.map(({ agentId }) => agentId),
      bare.map(({ reading }) => (reading.kind === 'message' ? reading.message.messageId : null)),
      bare.map(({ sha256 }) => sha256),
      bare.map(({ id }) => id),
    ],
  );
  return new Set(rows.map(({ id }) => id));
}
