import { stringify } from 'lossless-json';
import type { Statement } from '../database/together.js';
import { FIGURES } from '../ledger/figures.js';
import { joinBodies } from './join-bodies.js';
import { ADVANCE, figureColumns, pieceColumns, RECORD, STATE, typeOf } from './record.sql.js';
import type { RestRows } from './rest-rows.js';

const figureTypes = FIGURES.map((name) => `${name} ${typeOf(name)}`).join(', ');

/** Stores what was decided about all other deliveries, and what becomes of messages that are there already. */
const STORE_REST = `
with ${STATE}, kept as (
  insert into delivery (agent_id, received_at, id, outcome, quarantine, conversation_id, message_id, sha256, bytes, body, body_in,
    problems, recorded_at, quarantine_settled_at, dismissed_reason)
  select agent_id, received_at, id, outcome, quarantine, conversation_id, message_id, decode(sha256, 'hex'), bytes,
         substring($1::bytea from body_from for bytes), body_in, problems, state.recorded_at,
         -- Only what names an erased message is refused without waiting: its bytes are not kept.
         case when quarantine = 'dismissed' then state.recorded_at end, case when quarantine = 'dismissed' then 'erased' end
  from json_to_recordset($2::json) as d (agent_id text, received_at timestamptz, id uuid, outcome text, quarantine text,
    conversation_id text, message_id text, sha256 text, bytes integer, body_from integer, body_in uuid, problems json), state
), c as materialized (
  select c.*, state.position + number as position, state.recorded_at
  from rows from (json_to_recordset($3::json) as (agent_id text, kind text, conversation_id text, message_id text,
    message_type text, revision integer, delivery_id uuid, sha256 text, occurred_at timestamptz, redated integer,
    totals_mismatched integer, erased boolean, entry_kind text, reporters_gained integer, reporters_lost integer,
    ${figureTypes})) with ordinality as c (agent_id, kind, conversation_id, message_id, message_type, revision, delivery_id,
    sha256, occurred_at, redated, totals_mismatched, erased, entry_kind, reporters_gained, reporters_lost, ${figureColumns},
    number), state
), messages as (
  update message k set text = case when m.keeps_text then k.text else m.text end, revision = m.revision, delivery_id = m.delivery_id,
    has_usage = m.has_usage, totals_mismatched = m.totals_mismatched, redated = m.redated,
    search = case when m.keeps_text then k.search else m.search::tsvector end,
    ${FIGURES.map((name, k) => `${name} = m.figures[${k + 1}]::${typeOf(name)}`).join(', ')}
  from json_to_recordset($4::json) as m (agent_id text, id text, text text, revision integer, delivery_id uuid, has_usage boolean,
    totals_mismatched boolean, redated boolean, keeps_text boolean, search text, figures text[])
  where k.agent_id = m.agent_id and k.id = m.id
), pieces as (
  insert into flow_output (${pieceColumns})
  select * from json_to_recordset($5::json) as p (agent_id text, message_id text, position integer, create_time timestamptz,
    message_type text, from_component_name text, from_component_branch text, text text, audio json, more json)
  on conflict (agent_id, message_id, position) do update set
    from_component_name = excluded.from_component_name, from_component_branch = excluded.from_component_branch,
    text = excluded.text, audio = excluded.audio, more = excluded.more
), surplus as (
  delete from flow_output f using json_to_recordset($6::json) as n (agent_id text, message_id text, pieces integer)
  where f.agent_id = n.agent_id and f.message_id = n.message_id and f.position > n.pieces
), surplus_parts as (
  delete from search_part s using json_to_recordset($6::json) as n (agent_id text, message_id text, search_parts integer)
  where s.agent_id = n.agent_id and s.message_id = n.message_id and s.part > n.search_parts
), parts as (
  insert into search_part (agent_id, message_id, part, search)
  select agent_id, message_id, part, search::tsvector
  from json_to_recordset($7::json) as s (agent_id text, message_id text, part integer, search text)
  on conflict (agent_id, message_id, part) do update set search = excluded.search
), ${RECORD}
${ADVANCE('c')}`;

/** Stores what is not a first body. Whoever runs it has the lock, and commits. */
export function storeRest({
  deliveries,
  changes,
  messages,
  pieces,
  pieceCounts,
  searchParts,
}: RestRows): Statement {
  const { bodies, rows } = joinBodies(deliveries);
  return {
    name: 'store-rest',
    text: STORE_REST,
    values: [
      bodies,
      JSON.stringify(rows),
      JSON.stringify(changes),
      JSON.stringify(messages),
      stringify(pieces),
      JSON.stringify(pieceCounts),
      JSON.stringify(searchParts),
    ],
  };
}
