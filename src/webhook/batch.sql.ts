import type pg from 'pg';
import type { Statement } from '../database/together.js';
import { FIGURES } from '../ledger/figures.js';
import { WRITER_LOCK } from '../ledger/writer-lock.js';
import type { Delivery } from './delivery.js';
import { bodyKey, type Known, messageKey } from './plan-batch.js';
import type { KnownMessage } from './rest-rows.js';

/**
 * Waits for the lock, and makes the months that have no partition yet. This needs a statement of its own: one that both
 * waits and reads has taken its snapshot before the wait and does not see what the last holder committed.
 *
 * Asking for the months each time costs some microseconds; remembering the answer would have to know of months that were
 * dropped or rolled back.
 */
const TAKE_LOCK = `select pg_advisory_xact_lock(${WRITER_LOCK}),
  (select count(ensure_delivery_partition(month)) from unnest($1::timestamptz[]) as month)`;

export function takeLock(deliveries: Delivery[]): Statement {
  const months = new Set(
    deliveries.map(({ receivedAt }) => `${receivedAt.toISOString().slice(0, 7)}-01T00:00:00Z`),
  );
  return { name: 'take-lock', text: TAKE_LOCK, values: [[...months]] };
}

interface KnownRow {
  live_keys: string[];
  accepting_agents: string[];
  messages: KnownMessage[] | null;
  bodies: { agent_id: string; message_id: string; sha256: string }[] | null;
}

const READ_KNOWN = `
select
  array(select id::text from api_key
        where id = any ($1::uuid[]) and revoked_at is null and (expires_at is null or expires_at > now())) as live_keys,
  array(select id::text from agent where id = any ($2::text[]) and on_invalid = 'accept') as accepting_agents,
  (select json_agg(known) from (
     select m.agent_id, m.id, m.conversation_id, m.message_type, m.create_time, m.received_at,
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

/** Everything that deciding about a batch needs. */
export const readKnown = (deliveries: Delivery[]): Statement => ({
  name: 'read-known',
  text: READ_KNOWN,
  values: [
    [...new Set(deliveries.map(({ keyId }) => keyId))],
    deliveries.map(({ agentId }) => agentId),
    deliveries.map(({ reading }) => (reading.kind === 'message' ? reading.message : reading).messageId),
    deliveries.map(({ sha256 }) => sha256),
  ],
});

/** What the statement says, and which of the replayed deliveries of the batch still wait. */
export function asKnown({ rows }: pg.QueryResult<KnownRow>, waiting: Set<string>): Known {
  const row = rows[0]!;
  return {
    liveKeys: new Set(row.live_keys),
    acceptingAgents: new Set(row.accepting_agents),
    messages: new Map(row.messages?.map((m) => [messageKey(m.agent_id, m.id), m])),
    bodies: new Set(row.bodies?.map((b) => bodyKey(b.agent_id, b.message_id, b.sha256))),
    waiting,
  };
}
