import type pg from 'pg';
import { FIGURES } from '../ledger/figures.js';
import { WRITER_LOCK } from '../ledger/writer-lock.js';
import type { Delivery } from './delivery.js';
import { bodyKey, type Known, type KnownMessage, messageKey } from './plan-batch.js';
import { readWaiting } from './quarantine/replayed.sql.js';

/**
 * Begins the transaction and waits for the lock. The lock needs a statement of its own: a statement that both waits
 * and reads has taken its snapshot before the wait and does not see what the last holder committed.
 *
 * Then makes the months of the deliveries that have no partition yet. Asking each time costs no round trip and some
 * microseconds; remembering the answer would have to know of months that were dropped or rolled back.
 */
export async function beginAlone(client: pg.ClientBase, receivedAt: Date[] = []): Promise<void> {
  await client.query(`begin; select pg_advisory_xact_lock(${WRITER_LOCK}); ${ensureMonths(receivedAt)}`);
}

/** Statements that make the months of these instants, where they are missing. */
export function ensureMonths(receivedAt: Date[]): string {
  const months = new Set(receivedAt.map((instant) => instant.toISOString().slice(0, 7)));
  return [...months].map((month) => `select ensure_delivery_partition('${month}-01T00:00:00Z');`).join(' ');
}

const READ_KNOWN = `
select
  (select position::text from ledger_state) as position,
  (select greatest(date_trunc('milliseconds', clock_timestamp()), recorded_at + interval '1 millisecond') from ledger_state) as recorded_at,
  array(select id::text from api_key
        where id = any ($1::uuid[]) and revoked_at is null and (expires_at is null or expires_at > now())) as live_keys,
  array(select id::text from agent where id = any ($2::text[]) and on_invalid = 'accept') as accepting_agents,
  (select json_agg(known) from (
     select m.agent_id, m.id, m.conversation_id, m.message_type, m.create_time, m.received_at, m.recorded_at,
            m.revision, m.delivery_id, m.has_usage, m.totals_mismatched, m.redated, m.erased_at,
            array[${FIGURES.map((name) => `m.${name}::text`).join(', ')}] as figures
     from message m
     join (select distinct * from unnest($2::text[], $3::text[])) as wanted (agent_id, message_id)
       on m.agent_id = wanted.agent_id and m.id = wanted.message_id) as known) as messages,
  (select json_agg(known) from (
     select c.agent_id, c.message_id, wanted.sha256
     from unnest($2::text[], $3::text[], $4::text[]) as wanted (agent_id, message_id, sha256)
     join change c on c.agent_id = wanted.agent_id and c.message_id = wanted.message_id
                  and c.sha256 = decode(wanted.sha256, 'hex')) as known) as bodies`;

/** Everything that deciding about a batch needs, in one round trip. */
export async function readKnown(client: pg.ClientBase, deliveries: Delivery[]): Promise<Known> {
  const reading = client.query<{
    position: string;
    recorded_at: Date;
    live_keys: string[];
    accepting_agents: string[];
    messages: KnownMessage[] | null;
    bodies: { agent_id: string; message_id: string; sha256: string }[] | null;
  }>({
    name: 'read-known',
    text: READ_KNOWN,
    values: [
      [...new Set(deliveries.map(({ keyId }) => keyId))],
      deliveries.map(({ agentId }) => agentId),
      deliveries.map(({ reading }) => (reading.kind === 'message' ? reading.message : reading).messageId),
      deliveries.map(({ sha256 }) => sha256),
    ],
  });
  const [{ rows }, waiting] = await Promise.all([reading, readWaiting(client, deliveries)]);
  const row = rows[0]!;
  return {
    position: BigInt(row.position),
    recordedAt: row.recorded_at.toISOString(),
    liveKeys: new Set(row.live_keys),
    acceptingAgents: new Set(row.accepting_agents),
    messages: new Map(row.messages?.map((m) => [messageKey(m.agent_id, m.id), m])),
    bodies: new Set(row.bodies?.map((b) => bodyKey(b.agent_id, b.message_id, b.sha256))),
    waiting,
  };
}
