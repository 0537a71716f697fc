import type pg from 'pg';
import type { Delivery } from '../delivery.js';
import type { DeliveryRow } from '../rest-rows.js';

/** The ids of those replayed deliveries that still wait, read under the writer's lock. */
export async function readWaiting(client: pg.ClientBase, deliveries: Delivery[]): Promise<Set<string>> {
  const replays = deliveries.filter(({ isReplay }) => isReplay);
  if (replays.length === 0) return new Set();
  const { rows } = await client.query<{ id: string }>(
    `select d.id::text from unnest($1::text[], $2::timestamptz[], $3::uuid[]) as r (agent_id, received_at, id)
     join delivery d on d.agent_id = r.agent_id and d.received_at = r.received_at and d.id = r.id
     where d.quarantine = 'waiting'`,
    [
      replays.map(({ agentId }) => agentId),
      replays.map(({ receivedAt }) => receivedAt.toISOString()),
      replays.map(({ id }) => id),
    ],
  );
  return new Set(rows.map(({ id }) => id));
}

/**
 * Says on the rows of replayed deliveries what became of them. One statement each, because each finds its partition
 * while it is planned; a statement that updates any of them would open every partition there is.
 *
 * A row that becomes the source of a message takes its bytes, which it may have shared with another row till then.
 * Where a replay succeeds, the problems stay: they say why it had to wait. The label of the key is kept beside it, since
 * that may change.
 */
export async function settleReplayed(client: pg.ClientBase, rows: DeliveryRow[]): Promise<void> {
  for (const row of rows) {
    if (row.outcome === 'refused' && row.isErased) {
      await client.query(
        `update delivery set body = null, body_in = null, problems = null, quarantine = 'dismissed', dismissed_reason = 'erased',
           ${settledBy('$4')}
         where agent_id = $1 and received_at = $2 and id = $3`,
        [row.agent_id, row.received_at.toISOString(), row.id, row.settledBy],
      );
      continue;
    }
    if (row.outcome === 'refused') {
      await client.query(
        'update delivery set problems = $4::json where agent_id = $1 and received_at = $2 and id = $3',
        [row.agent_id, row.received_at.toISOString(), row.id, JSON.stringify(row.problems ?? [])],
      );
      continue;
    }
    await client.query(
      `update delivery set outcome = $4, quarantine = 'stored', ${settledBy('$9')},
         conversation_id = $5, message_id = $6, body = case when $8::boolean then null else coalesce(body, $7::bytea) end
       where agent_id = $1 and received_at = $2 and id = $3`,
      [
        row.agent_id,
        row.received_at.toISOString(),
        row.id,
        row.outcome,
        row.conversation_id,
        row.message_id,
        row.body,
        row.isErased,
        row.settledBy,
      ],
    );
  }
}

const settledBy = (
  key: string,
) => `quarantine_settled_at = clock_timestamp(), quarantine_settled_key = ${key}::uuid,
  quarantine_settled_by = (select label from api_key where api_key.id = ${key}::uuid)`;
