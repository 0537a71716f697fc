import { parse } from 'lossless-json';
import type pg from 'pg';
import { indexTexts } from './lexemes.js';
import { textsOf } from './texts.js';

interface StoredTexts {
  agent_id: string;
  id: string;
  revision: number;
  text: string | null;
  pieces: string;
}

/**
 * Makes what the next messages are found by. One that is revised meanwhile is left alone: its revision made it.
 * @returns the last of them, or null where there are no more
 */
export async function reindexPage(
  client: pg.ClientBase,
  all: boolean,
  after: { agent: string; id: string },
  limit: number,
): Promise<{ messages: number; last: { agent: string; id: string } | null }> {
  const { rows } = await client.query<StoredTexts>(
    `select m.agent_id, m.id, m.revision, m.text, (
       select coalesce(json_agg(json_build_object('text', f.text, 'audio', f.audio) order by f.position), '[]')::text
       from flow_output f where f.agent_id = m.agent_id and f.message_id = m.id) as pieces
     from message m
     where (m.agent_id, m.id) > ($1, $2) ${all ? '' : 'and m.search is null'}
     order by m.agent_id, m.id limit $3`,
    [after.agent, after.id, limit],
  );
  const indexed = rows.map(({ pieces, text, ...ids }) => ({
    ...ids,
    ...indexTexts(textsOf(text, parse(pieces) as { text: string | null; audio: unknown[] }[])),
  }));
  await client.query(
    `with r as materialized (
       select * from json_to_recordset($1::json) as r (agent_id text, id text, revision integer, search text, parts json)
     ), found as (
       update message m set search = r.search::tsvector from r
       where m.agent_id = r.agent_id and m.id = r.id and m.revision = r.revision
       returning m.agent_id, m.id
     ), surplus as (
       delete from search_part s using found f join r using (agent_id, id)
       where s.agent_id = f.agent_id and s.message_id = f.id and s.part > json_array_length(r.parts)
     )
     insert into search_part (agent_id, message_id, part, search)
     select f.agent_id, f.id, p.part, p.search::tsvector
     from found f join r using (agent_id, id)
     cross join json_array_elements_text(r.parts) with ordinality as p (search, part)
     on conflict (agent_id, message_id, part) do update set search = excluded.search`,
    [JSON.stringify(indexed)],
  );
  const last = rows.at(-1);
  return {
    messages: rows.length,
    last: last && rows.length === limit ? { agent: last.agent_id, id: last.id } : null,
  };
}
