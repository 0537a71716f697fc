// `npm run bench:search -- [--messages 300000]`: what finding, paging and exporting cost among many messages, as ratios
// in one run. The messages are written straight into the tables; how much search costs a delivery, `bench` measures.
import { execFile } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { parseArgs, promisify } from 'node:util';
import { FIGURES } from '../dist/ledger/figures.js';
import { indexTexts } from '../dist/search/lexemes.js';
import { ADMIN, openArchive, temporaryFolder } from './archive.mjs';
import { here } from './measure.mjs';
import { makeText } from './texts.mjs';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '3000000' },
    small: { type: 'string' },
    folder: { type: 'string' },
  },
});
const SIZES = [Number(values.small ?? values.messages / 10), Number(values.messages)];
const CONVERSATION = 12;
const BATCH = 2_000;

const { app, client, close } = await openArchive(temporaryFolder('search', values.folder));
try {
  const results = [];
  let filled = 0;
  for (const size of SIZES) {
    await fill(filled, size);
    filled = size;
    results.push(await measure(size));
  }
  report(results);
} finally {
  await close();
}

async function fill(from, to) {
  const began = performance.now();
  for (let n = from; n < to; n += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, to - n) }, (_, k) => row(n + k));
    await client.query(
      `with r as materialized (
         select * from json_to_recordset($1::json) as r (id text, conversation text, at timestamptz, text text, search text)
       ), conversations as (
         insert into conversation as c (agent_id, id, first_message_at, last_message_at, messages)
         select 'default', conversation, min(at), max(at), count(*) from r group by 2
         on conflict (agent_id, id) do update set
           last_message_at = greatest(c.last_message_at, excluded.last_message_at), messages = c.messages + excluded.messages
       ), pieces as (
         insert into flow_output (agent_id, message_id, position, create_time, message_type, from_component_name, text, audio, more)
         select 'default', id, 1, at, 'ANSWER', 'Opening hours', text, '[]', '{}' from r
       )
       insert into message (agent_id, id, conversation_id, message_type, create_time, received_at, recorded_at, delivery_id,
         text, search, has_usage, ${FIGURES.join(', ')})
       select 'default', id, conversation, 'ANSWER', at, at, at, '00000000-0000-7000-8000-000000000000',
         text, search::tsvector, true, 29, 19, 10, 19, 0, 8, 0, 2, 0.0573, 0.0123, 0.045, 0, 0
       from r`,
      [JSON.stringify(rows)],
    );
    if (n % 100_000 === 0) console.error(`${n} of ${to} messages`);
  }
  await client.query('vacuum analyze');
  console.error(`filled up to ${to} in ${Math.round((performance.now() - began) / 1000)} s`);
}

/** A word in three messages, however many there are. */
function row(n) {
  const text = makeText(n) + (n % Math.ceil(SIZES[0] / 3) === 7 && n < SIZES[0] ? ' xylograph 鼎鼐' : '');
  return {
    id: n.toString(16).padStart(24, '0'),
    conversation: `c${Math.floor(n / CONVERSATION)}`,
    at: new Date(1_700_000_000_000 + n * 10_000).toISOString(),
    text,
    search: indexTexts([text]).search,
  };
}

async function measure(size) {
  const ask = (parameters) => get(`/v1/messages?${new URLSearchParams(parameters)}`);
  const deep = await cursorAt(Math.min(100_000, Math.floor(size / 2)));
  return {
    size,
    'first page': await time(() => ask({})),
    'page at depth': await time(() => ask({ cursor: deep })),
    'rare word': await time(() => ask({ q: 'xylograph' })),
    'rare word, two characters': await time(() => ask({ q: '鼎鼐' })),
    'common word': await time(() => ask({ q: 'opening' })),
    'common characters': await time(() => ask({ q: '营业' })),
    'common words that never meet': await time(() => ask({ q: 'opening 营业' })),
    'a phrase': await time(() => ask({ q: '"opening hours"' })),
    'one character': await time(() => ask({ q: '营' })),
    'common word in conversations': await time(() => get('/v1/conversations?q=opening')),
    'ILIKE, rare': await time(() => ilike('xylograph'), 2),
    'ILIKE, common': await time(() => ilike('opening'), 2),
    'export, ms': await time(exportAll, 3),
    'copy, ms': await time(copyAll, 3),
  };
}

function ilike(word) {
  return client.query('select count(*) from message where text ilike $1', [`%${word}%`]);
}

async function cursorAt(depth) {
  let cursor;
  for (let at = 0; at < depth; at += 200) {
    const page = await get(`/v1/messages?limit=200${cursor ? `&cursor=${cursor}` : ''}`);
    cursor = page.next_cursor;
  }
  // A cursor belongs to no limit.
  return cursor;
}

/** Milliseconds: the median of several, after one that warms up. */
async function time(work, times = 15) {
  await work();
  const all = [];
  for (let n = 0; n < times; n++) {
    const began = performance.now();
    await work();
    all.push(performance.now() - began);
  }
  return all.sort((a, b) => a - b)[Math.floor(times / 2)];
}

async function get(path) {
  const answer = await fetch(address(path), { headers: { authorization: `Bearer ${ADMIN}` } });
  if (answer.status !== 200) throw new Error(await answer.text());
  return answer.json();
}

function address(path) {
  return `http://127.0.0.1:${app.getHttpServer().address().port}${path}`;
}

/** Another process takes it, as would be: reading costs about as much as sending. */
async function exportAll() {
  await promisify(execFile)(process.execPath, [
    here('drain.mjs'),
    address('/v1/export?kind=messages'),
    ADMIN,
  ]);
}

/** What psql's \\copy asks for, of the columns that an export shows. The bytes are thrown away as they come. */
async function copyAll() {
  await client.query(`copy (
    select m.agent_id, m.conversation_id, m.id, m.message_type, m.text, m.create_time, m.received_at, m.revision,
      (select json_agg(f order by f.position) from flow_output f where f.agent_id = m.agent_id and f.message_id = m.id),
      m.total_tokens, m.prompt_tokens, m.completion_tokens, m.prompt_text_tokens, m.prompt_audio_tokens,
      m.completion_text_tokens, m.completion_audio_tokens, m.completion_reasoning_tokens, m.total_credits,
      m.text_input_credits, m.text_output_credits, m.audio_input_credits, m.audio_output_credits
    from message m where m.agent_id = 'default' order by m.create_time, m.id) to stdout`);
}

function report(results) {
  const [small, large] = results;
  const names = Object.keys(large).filter((name) => name !== 'size');
  console.log(
    `\n${''.padEnd(32)}${String(small.size).padStart(12)}${String(large.size).padStart(12)}   ratio`,
  );
  for (const name of names)
    console.log(
      `${name.padEnd(32)}${small[name].toFixed(1).padStart(12)}${large[name].toFixed(1).padStart(12)}   ${(large[name] / small[name]).toFixed(2)}`,
    );
  const ratios = {
    'a page at depth costs … first pages (≤ 1.3)': large['page at depth'] / large['first page'],
    'a rare word is … × faster than ILIKE (≥ 300)': large['ILIKE, rare'] / large['rare word'],
    'a common word is … × faster than ILIKE (≥ 50)': large['ILIKE, common'] / large['common word'],
    'a rare word costs … × its time among a tenth (≤ 2)': large['rare word'] / small['rare word'],
    'a common word costs … × its time among a tenth (≤ 2)': large['common word'] / small['common word'],
    'an export has … of the rows/s of copy (≥ 0.5)': large['copy, ms'] / large['export, ms'],
  };
  console.log('');
  for (const [what, ratio] of Object.entries(ratios)) console.log(`${what}: ${ratio.toFixed(2)}`);
}
