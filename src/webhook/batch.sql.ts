import type pg from 'pg';
import { FIGURES } from '../ledger/figures.js';
import { WRITER_LOCK } from '../ledger/writer-lock.js';
import type { Delivery } from './delivery.js';
import { bodyKey, type Known, type KnownMessage, messageKey } from './plan-batch.js';
import { readWaiting } from './quarantine/replayed.sql.js';

/** The setting by which a statement sees that its transaction has the writer's lock. */
export const UNDER_LOCK = 'convoledger.under_lock';

const TAKE_LOCK = `select pg_advisory_xact_lock(${WRITER_LOCK}), set_config('${UNDER_LOCK}', 'on', true),
  1000 * extract(epoch from clock_timestamp() - statement_timestamp())::float8 as waited`;

/**
 * Begins a transaction and waits for the lock. The lock needs a statement of its own: a statement that both waits and
 * reads has taken its snapshot before the wait and does not see what the last holder committed.
 * @returns the milliseconds that another had it
 */
export async function takeLock(client: pg.ClientBase): Promise<number> {
  const [, { rows }] = await Promise.all([
    client.query('begin'),
    client.query<{ waited: number }>({ name: 'take-lock', text: TAKE_LOCK }),
  ]);
  return rows[0]!.waited;
}

/**
 * Makes the months of deliveries that have no partition yet. Asking each time costs no round trip and some microseconds;
 * remembering the answer would have to know of months that were dropped or rolled back.
 */
export async function makeMonths(client: pg.ClientBase, deliveries: Delivery[]): Promise<void> {
  const months = new Set(
    deliveries.map(({ receivedAt }) => `${receivedAt.toISOString().slice(0, 7)}-01T00:00:00Z`),
  );
  if (months.size === 0) return;
  await client.query({
    name: 'make-months',
    text: 'select ensure_delivery_partition(month) from unnest($1::timestamptz[]) as month',
    values: [[...months]],
  });
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

/** Everything that deciding about a batch needs, in one round trip. */
export async function readKnown(client: pg.ClientBase, deliveries: Delivery[]): Promise<Known> {
  const reading = client.query<{
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
    liveKeys: new Set(row.live_keys),
    acceptingAgents: new Set(row.accepting_agents),
    messages: new Map(row.messages?.map((m) => [messageKey(m.agent_id, m.id), m])),
    bodies: new Set(row.bodies?.map((b) => bodyKey(b.agent_id, b.message_id, b.sha256))),
    waiting,
  };
}
