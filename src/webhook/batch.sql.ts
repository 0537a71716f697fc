import { stringify } from 'lossless-json';
import type pg from 'pg';
import { FIGURES } from '../ledger/figures.js';
import { SHORTEST_SPAN, SPANS } from '../ledger/spans.js';
import { WRITER_LOCK } from '../ledger/writer-lock.js';
import type { Delivery } from './delivery.js';
import { bodyKey, type Known, type KnownMessage, messageKey, type Rows } from './plan-batch.js';
import { readWaiting } from './quarantine/replayed.sql.js';

/**
 * Begins the transaction and waits for the lock. The lock needs a statement of its own: a statement that both waits
 * and reads has taken its snapshot before the wait and does not see what the last holder committed.
 *
 * Then makes the months of the deliveries that have no partition yet. Asking each time costs no round trip and some
 * microseconds; remembering the answer would have to know of months that were dropped or rolled back.
 */
export async function beginAlone(client: pg.ClientBase, receivedAt: Date[] = []): Promise<void> {
  const months = new Set(receivedAt.map((instant) => instant.toISOString().slice(0, 7)));
  const ensure = [...months].map((month) => `; select ensure_delivery_partition('${month}-01T00:00:00Z')`);
  await client.query(`begin; select pg_advisory_xact_lock(${WRITER_LOCK})${ensure.join('')}`);
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

const figureColumns = FIGURES.join(', ');
const figureTypes = FIGURES.map((name) => `${name} ${name.endsWith('_tokens') ? 'bigint' : 'numeric'}`).join(
  ', ',
);

/** What a change adds to how many messages report figure number k. */
const reporters = (k: number) =>
  `coalesce(sum((c.reporters_gained >> ${k}) & 1), 0) - coalesce(sum((c.reporters_lost >> ${k}) & 1), 0)`;

const bucketColumns = [
  'messages',
  'messages_with_usage',
  'corrections',
  'redated',
  'totals_mismatched',
  ...FIGURES,
  ...FIGURES.map((name) => `${name}_reporters`),
];

/**
 * Stores a whole batch in one statement, because what a delivery costs is mostly what its round trips cost. Each table
 * takes its rows as one JSON array; the raw bodies come as one binary value that is cut by their lengths, since bytes
 * inside JSON would have to be written twice as long and read again. PostgreSQL adds up; nothing passes through a double.
 */
const STORE = `
with kept as (
  insert into delivery (agent_id, received_at, id, outcome, quarantine, conversation_id, message_id, sha256, bytes, body, body_in, problems,
    recorded_at)
  select agent_id, received_at, id, outcome, quarantine, conversation_id, message_id, decode(sha256, 'hex'), bytes,
         substring($1::bytea from body_from for bytes), body_in, problems, $7::timestamptz
  from json_to_recordset($2::json) as d (agent_id text, received_at timestamptz, id uuid, outcome text, quarantine text,
    conversation_id text, message_id text, sha256 text, bytes integer, body_from integer, body_in uuid, problems json)
), c as materialized (
  select * from json_to_recordset($3::json) as c (agent_id text, position bigint, kind text, conversation_id text,
    message_id text, message_type text, revision integer, delivery_id uuid, sha256 text, occurred_at timestamptz,
    redated smallint, totals_mismatched smallint, erased boolean, entry_kind text, reporters_gained integer, reporters_lost integer, ${figureTypes})
), conversations as (
  insert into conversation as known (agent_id, id, first_message_at, last_message_at, messages, total_credits, credit_messages)
  select c.agent_id, c.conversation_id, min(c.occurred_at), max(c.occurred_at), count(*) filter (where c.kind = 'stored'),
         coalesce(sum(c.total_credits), 0), ${reporters(FIGURES.indexOf('total_credits'))}
  from c where c.erased is not true group by 1, 2
  on conflict (agent_id, id) do update set
    -- One without messages was erased, and begins anew.
    first_message_at = least(case when known.messages > 0 then known.first_message_at end, excluded.first_message_at),
    last_message_at = greatest(case when known.messages > 0 then known.last_message_at end, excluded.last_message_at),
    messages = known.messages + excluded.messages,
    total_credits = known.total_credits + excluded.total_credits,
    credit_messages = known.credit_messages + excluded.credit_messages
), messages as (
  insert into message (agent_id, id, conversation_id, message_type, create_time, received_at, recorded_at, text, revision,
    delivery_id, has_usage, totals_mismatched, redated, search, ${figureColumns})
  select agent_id, id, conversation_id, message_type, create_time, received_at, recorded_at,
    case when keeps_text then (select k.text from message k where k.agent_id = m.agent_id and k.id = m.id) else text end,
    revision, delivery_id, has_usage, totals_mismatched, redated,
    case when keeps_text then (select k.search from message k where k.agent_id = m.agent_id and k.id = m.id) else search::tsvector end,
    ${FIGURES.map((name, k) => `figures[${k + 1}]::${name.endsWith('_tokens') ? 'bigint' : 'numeric'}`).join(', ')}
  from json_to_recordset($4::json) as m (agent_id text, id text, conversation_id text, message_type text, create_time timestamptz,
    received_at timestamptz, recorded_at timestamptz, text text, revision integer, delivery_id uuid, has_usage boolean,
    totals_mismatched boolean, redated boolean, keeps_text boolean, search text, figures text[])
  on conflict (agent_id, id) do update set
    text = excluded.text, revision = excluded.revision, delivery_id = excluded.delivery_id, has_usage = excluded.has_usage,
    totals_mismatched = excluded.totals_mismatched, redated = excluded.redated, search = excluded.search,
    ${FIGURES.map((name) => `${name} = excluded.${name}`).join(', ')}
), pieces as (
  insert into flow_output (agent_id, message_id, position, create_time, message_type, from_component_name, from_component_branch,
    text, audio, more)
  select agent_id, message_id, position, create_time, message_type, from_component_name, from_component_branch, text, audio, more
  from json_to_recordset($5::json) as p (agent_id text, message_id text, position integer, create_time timestamptz,
    message_type text,    from_component_name text, from_component_branch text, text text, audio json, more json)
  on conflict (agent_id, message_id, position) do update set
    from_component_name = excluded.from_component_name, from_component_branch = excluded.from_component_branch,
    text = excluded.text, audio = excluded.audio, more = excluded.more
), surplus as (
  delete from flow_output f using json_to_recordset($6::json) as n (agent_id text, message_id text, pieces integer)
  where f.agent_id = n.agent_id and f.message_id = n.message_id and f.position > n.pieces
), parts as (
  insert into search_part (agent_id, message_id, part, search)
  select agent_id, message_id, part, search::tsvector
  from json_to_recordset($9::json) as s (agent_id text, message_id text, part integer, search text)
  on conflict (agent_id, message_id, part) do update set search = excluded.search
), surplus_parts as (
  delete from search_part s using json_to_recordset($6::json) as n (agent_id text, message_id text, search_parts integer)
  where s.agent_id = n.agent_id and s.message_id = n.message_id and s.part > n.search_parts
), changes as (
  insert into change (agent_id, position, kind, conversation_id, message_id, message_type, revision, delivery_id, sha256,
    occurred_at, recorded_at, redated, totals_mismatched)
  select agent_id, position, kind, conversation_id, message_id, message_type, revision, delivery_id, decode(sha256, 'hex'),
    occurred_at, $7::timestamptz, redated, totals_mismatched
  from c
), entries as (
  insert into usage_entry (agent_id, message_id, revision, position, kind, conversation_id, message_type, delivery_id,
    occurred_at, recorded_at, reporters_gained, reporters_lost, ${figureColumns})
  select agent_id, message_id, revision, position, entry_kind, conversation_id, message_type, delivery_id,
    occurred_at, $7::timestamptz, reporters_gained, reporters_lost, ${figureColumns}
  from c where entry_kind is not null
), quarters as materialized (
  select c.agent_id, c.message_type, date_bin('${SHORTEST_SPAN} seconds', c.occurred_at, '2000-01-01Z') as start,
    count(*) filter (where c.kind = 'stored') as messages, count(*) filter (where c.entry_kind = 'usage') as messages_with_usage,
    count(*) filter (where c.entry_kind = 'correction') as corrections, sum(c.redated) as redated,
    sum(c.totals_mismatched) as totals_mismatched,
    ${FIGURES.map((name) => `coalesce(sum(c.${name}), 0) as ${name}`).join(', ')},
    ${FIGURES.map((name, k) => `${reporters(k)} as ${name}_reporters`).join(', ')}
  from c group by 1, 2, 3
), buckets as (
  insert into usage_bucket as known (agent_id, message_type, span, start, ${bucketColumns.join(', ')})
  select agent_id, message_type, span, date_bin(make_interval(secs => span), start, '2000-01-01Z'),
    ${bucketColumns.map((name) => `sum(${name})`).join(', ')}
  from quarters cross join unnest(array[${SPANS.join(', ')}]) as span group by 1, 2, 3, 4
  on conflict (agent_id, span, start, message_type) do update set
    ${bucketColumns.map((name) => `${name} = known.${name} + excluded.${name}`).join(', ')}
)
update ledger_state set position = $8::bigint, recorded_at = $7::timestamptz`;

/** Writes the rows of a batch. The caller commits. */
export async function storeRows(client: pg.ClientBase, rows: Rows, recordedAt: string): Promise<void> {
  let bodyFrom = 1;
  const bodies: Buffer[] = [];
  const deliveries = rows.deliveries.map(({ body, ...row }) => {
    if (!body) return { ...row, body_from: null };
    const from = bodyFrom;
    bodies.push(body);
    bodyFrom += body.length;
    return { ...row, body_from: from };
  });
  await client.query({
    name: 'store-batch',
    text: STORE,
    values: [
      Buffer.concat(bodies),
      JSON.stringify(deliveries),
      JSON.stringify(rows.changes),
      JSON.stringify(rows.messages),
      // Pieces may hold numbers that only this stringify writes as they came.
      stringify(rows.pieces),
      JSON.stringify(rows.pieceCounts),
      recordedAt,
      rows.position.toString(),
      JSON.stringify(rows.searchParts),
    ],
  });
}
