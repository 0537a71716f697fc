import { stringify } from 'lossless-json';
import type pg from 'pg';
import type { Statement } from '../database/together.js';
import { FIGURES } from '../ledger/figures.js';
import type { FirstRows } from './first-rows.js';
import { joinBodies } from './join-bodies.js';
import { ADVANCE, figureColumns, pieceColumns, RECORD, STATE, typeOf } from './record.sql.js';

const fromTexts = (texts: string) =>
  FIGURES.map((name, k) => `${texts}[${k + 1}]::${typeOf(name)} as ${name}`).join(', ');

/**
 * Stores first bodies of messages, all in one statement, because what a delivery costs is mostly what its round trips cost;
 * one row fills four tables. It leaves out whose message is there already and whose key is no longer live, so that nothing
 * need be asked before. The raw bodies come as one binary value that is cut by their lengths, since bytes inside JSON would
 * have to be written twice as long and read again.
 */
const STORE_FIRSTS = `
with ${STATE}, first as materialized (
  select f.*, ${fromTexts('f.figures')}, state.recorded_at,
    state.position + row_number() over (order by f.number) as position
  from rows from (json_to_recordset($2::json) as (agent_id text, key integer, message_id text, conversation_id text,
    message_type text, create_time timestamptz, received_at timestamptz, delivery_id uuid, is_replay boolean, sha256 text,
    bytes integer, body_from integer, text text, search text, totals_mismatched boolean, reporters_gained integer,
    figures text[])) with ordinality as f (agent_id, key, message_id, conversation_id, message_type, create_time, received_at,
    delivery_id, is_replay, sha256, bytes, body_from, text, search, totals_mismatched, reporters_gained, figures, number),
    state
  where (f.key is null or ($4::uuid[])[f.key] in (
      select id from api_key where id = any ($4::uuid[]) and revoked_at is null and (expires_at is null or expires_at > now())))
    -- Asked for each by itself: joined, a plan made for few messages would read all of them.
    and (select true from message m where m.agent_id = f.agent_id and m.id = f.message_id) is null
), kept as (
  insert into delivery (agent_id, received_at, id, outcome, conversation_id, message_id, sha256, bytes, body, recorded_at)
  select agent_id, received_at, delivery_id, 'stored', conversation_id, message_id, decode(sha256, 'hex'), bytes,
         substring($1::bytea from body_from for bytes), recorded_at
  from first where is_replay is not true
), c as not materialized (
  select agent_id, position, 'stored' as kind, conversation_id, message_id, message_type, 1 as revision, delivery_id, sha256,
    create_time as occurred_at, recorded_at, 0 as redated, totals_mismatched::integer as totals_mismatched, false as erased,
    case when reporters_gained <> 0 then 'usage' end as entry_kind, reporters_gained, 0 as reporters_lost, ${figureColumns}
  from first
), messages as (
  insert into message (agent_id, id, conversation_id, message_type, create_time, received_at, recorded_at, text,
    delivery_id, has_usage, totals_mismatched, search, ${figureColumns})
  select agent_id, message_id, conversation_id, message_type, create_time, received_at, recorded_at, text,
    delivery_id, reporters_gained <> 0, totals_mismatched, search::tsvector, ${figureColumns}
  from first
), pieces as (
  insert into flow_output (${pieceColumns})
  select agent_id, message_id, p.position, create_time, message_type, component, branch, p.text, audio, more
  from json_to_recordset($3::json) as p (number bigint, position integer, component text, branch text, text text,
    audio json, more json)
  join first using (number)
), ${RECORD}
${ADVANCE('first')}
returning (select case when count(*) < $5::integer then coalesce(array_agg(number::integer), '{}') end from first) as stored_numbers`;

/** Stores first bodies. Whoever runs it has the lock, and commits. */
export function storeFirsts({ firsts, pieces, keys }: FirstRows): Statement {
  const { bodies, rows } = joinBodies(firsts);
  return {
    name: 'store-firsts',
    text: STORE_FIRSTS,
    // Pieces may hold numbers that only this stringify writes as they came.
    values: [bodies, JSON.stringify(rows), stringify(pieces), keys, rows.length],
  };
}

/** The indexes of the first bodies that were stored; null for all. */
export function storedOf(result: pg.QueryResult<{ stored_numbers: number[] | null }>): Set<number> | null {
  const numbers = result.rows[0]!.stored_numbers;
  return numbers && new Set(numbers.map((number) => number - 1));
}
