import { stringify } from 'lossless-json';
import type pg from 'pg';
import { FIGURES } from '../ledger/figures.js';
import { SHORTEST_SPAN, SPANS } from '../ledger/spans.js';
import type { Revisions, Rows } from './plan-batch.js';

const figureColumns = FIGURES.join(', ');
const typeOf = (figure: string) => (figure.endsWith('_tokens') ? 'bigint' : 'numeric');
const fromTexts = (texts: string) =>
  FIGURES.map((name, k) => `${texts}[${k + 1}]::${typeOf(name)} as ${name}`).join(', ');
const figureTypes = FIGURES.map((name) => `${name} ${typeOf(name)}`).join(', ');

/** What a change adds to how many messages report figure number k. */
const reporters = (k: number) =>
  `coalesce(sum(((c.reporters_gained >> ${k}) & 1) - ((c.reporters_lost >> ${k}) & 1)), 0)`;

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
 * Stores a whole batch in one statement, because what a delivery costs is mostly what its round trips cost. The rows of
 * one kind come as one JSON array. The first body of a message, which nearly every delivery is, comes as one row that
 * fills four tables: half of the values to read. The raw bodies come as one binary value that is cut by their lengths,
 * since bytes inside JSON would have to be written twice as long and read again. PostgreSQL adds up; nothing passes
 * through a double.
 */
const STORE = `
with first as materialized (
  select *, ${fromTexts('figures')}
  from json_to_recordset($2::json) as f (agent_id text, position bigint, message_id text, conversation_id text,
    message_type text, create_time timestamptz, received_at timestamptz, delivery_id uuid, is_replay boolean, sha256 text,
    bytes integer, body_from integer, text text, search text, totals_mismatched boolean, reporters_gained integer, figures text[])
), kept as (
  insert into delivery (agent_id, received_at, id, outcome, quarantine, conversation_id, message_id, sha256, bytes, body, body_in, problems,
    recorded_at)
  select agent_id, received_at, delivery_id, 'stored', null, conversation_id, message_id, decode(sha256, 'hex'), bytes,
         substring($1::bytea from body_from for bytes), null, null, $6::timestamptz
  from first where is_replay is not true
  union all
  select agent_id, received_at, id, outcome, quarantine, conversation_id, message_id, decode(sha256, 'hex'), bytes,
         substring($1::bytea from body_from for bytes), body_in, problems, $6::timestamptz
  from json_to_recordset($3::json) as d (agent_id text, received_at timestamptz, id uuid, outcome text, quarantine text,
    conversation_id text, message_id text, sha256 text, bytes integer, body_from integer, body_in uuid, problems json)
), c as materialized (
  select agent_id, position, 'stored' as kind, conversation_id, message_id, message_type, 1 as revision, delivery_id, sha256,
    create_time as occurred_at, 0 as redated, totals_mismatched::integer as totals_mismatched, false as erased,
    case when reporters_gained <> 0 then 'usage' end as entry_kind, reporters_gained, 0 as reporters_lost, ${figureColumns}
  from first
  union all
  select * from json_to_recordset($4::json) as c (agent_id text, position bigint, kind text, conversation_id text,
    message_id text, message_type text, revision integer, delivery_id uuid, sha256 text, occurred_at timestamptz,
    redated integer, totals_mismatched integer, erased boolean, entry_kind text, reporters_gained integer, reporters_lost integer, ${figureTypes})
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
  insert into message (agent_id, id, conversation_id, message_type, create_time, received_at, recorded_at, text,
    delivery_id, has_usage, totals_mismatched, search, ${figureColumns})
  select agent_id, message_id, conversation_id, message_type, create_time, received_at, $6::timestamptz, text,
    delivery_id, reporters_gained <> 0, totals_mismatched, search::tsvector, ${figureColumns}
  from first
), pieces as (
  insert into flow_output (agent_id, message_id, position, create_time, message_type, from_component_name, from_component_branch,
    text, audio, more)
  select * from json_to_recordset($5::json) as p (agent_id text, message_id text, position integer, create_time timestamptz,
    message_type text, from_component_name text, from_component_branch text, text text, audio json, more json)
), changes as (
  insert into change (agent_id, position, kind, conversation_id, message_id, message_type, revision, delivery_id, sha256,
    occurred_at, recorded_at, redated, totals_mismatched)
  select agent_id, position, kind, conversation_id, message_id, message_type, revision, delivery_id, decode(sha256, 'hex'),
    occurred_at, $6::timestamptz, redated, totals_mismatched
  from c
), entries as (
  insert into usage_entry (agent_id, message_id, revision, position, kind, conversation_id, message_type, delivery_id,
    occurred_at, recorded_at, reporters_gained, reporters_lost, ${figureColumns})
  select agent_id, message_id, revision, position, entry_kind, conversation_id, message_type, delivery_id,
    occurred_at, $6::timestamptz, reporters_gained, reporters_lost, ${figureColumns}
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
update ledger_state set position = $7::bigint, recorded_at = $6::timestamptz`;

/** Writes the rows of a batch. The caller commits. */
export async function storeRows(client: pg.ClientBase, rows: Rows, recordedAt: string): Promise<void> {
  let bodyFrom = 1;
  const bodies: Buffer[] = [];
  const cut = ({ body, ...row }: { body: Buffer | null }): object => {
    if (!body) return row;
    const from = bodyFrom;
    bodies.push(body);
    bodyFrom += body.length;
    return { ...row, body_from: from };
  };
  const firsts = rows.firsts.map(cut);
  const deliveries = rows.deliveries.map(cut);
  const stored = client.query({
    name: 'store-batch',
    text: STORE,
    values: [
      Buffer.concat(bodies),
      JSON.stringify(firsts),
      JSON.stringify(deliveries),
      JSON.stringify(rows.changes),
      // Pieces may hold numbers that only this stringify writes as they came.
      stringify(rows.pieces),
      recordedAt,
      rows.position.toString(),
    ],
  });
  await Promise.all([stored, reviseRows(client, rows.revisions)]);
}

/** What is told of messages that are there already, once the batch itself is stored. */
const REVISE = `
with messages as (
  update message k set text = case when m.keeps_text then k.text else m.text end, revision = m.revision, delivery_id = m.delivery_id,
    has_usage = m.has_usage, totals_mismatched = m.totals_mismatched, redated = m.redated,
    search = case when m.keeps_text then k.search else m.search::tsvector end,
    ${FIGURES.map((name, k) => `${name} = m.figures[${k + 1}]::${typeOf(name)}`).join(', ')}
  from json_to_recordset($1::json) as m (agent_id text, id text, text text, revision integer, delivery_id uuid, has_usage boolean,
    totals_mismatched boolean, redated boolean, keeps_text boolean, search text, figures text[])
  where k.agent_id = m.agent_id and k.id = m.id
), pieces as (
  insert into flow_output (agent_id, message_id, position, create_time, message_type, from_component_name, from_component_branch,
    text, audio, more)
  select * from json_to_recordset($2::json) as p (agent_id text, message_id text, position integer, create_time timestamptz,
    message_type text, from_component_name text, from_component_branch text, text text, audio json, more json)
  on conflict (agent_id, message_id, position) do update set
    from_component_name = excluded.from_component_name, from_component_branch = excluded.from_component_branch,
    text = excluded.text, audio = excluded.audio, more = excluded.more
), surplus as (
  delete from flow_output f using json_to_recordset($3::json) as n (agent_id text, message_id text, pieces integer)
  where f.agent_id = n.agent_id and f.message_id = n.message_id and f.position > n.pieces
), surplus_parts as (
  delete from search_part s using json_to_recordset($3::json) as n (agent_id text, message_id text, search_parts integer)
  where s.agent_id = n.agent_id and s.message_id = n.message_id and s.part > n.search_parts
)
insert into search_part (agent_id, message_id, part, search)
select agent_id, message_id, part, search::tsvector
from json_to_recordset($4::json) as s (agent_id text, message_id text, part integer, search text)
on conflict (agent_id, message_id, part) do update set search = excluded.search`;

async function reviseRows(
  client: pg.ClientBase,
  { messages, pieces, pieceCounts, searchParts }: Revisions,
): Promise<void> {
  if (messages.length === 0 && searchParts.length === 0) return;
  await client.query({
    name: 'revise-messages',
    text: REVISE,
    values: [
      JSON.stringify(messages),
      stringify(pieces),
      JSON.stringify(pieceCounts),
      JSON.stringify(searchParts),
    ],
  });
}
