import { Prisma } from '../../database/generated/client.js';
import type { OpenRange } from '../time/range.js';
import { type AfterExported, between } from './export.sql.js';

/** A member of a JSON object, of a column that may be unknown. */
const whole = (name: string, column: string) => `coalesce('"${name}":' || m.${column}, '"${name}":null')`;
const decimal = (name: string) => `coalesce('"${name}":"' || trim_scale(m.${name}) || '"', '"${name}":null')`;
const instant = (name: string) => `to_char(m.${name} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** A JSON object of members that are SQL, or null where none of the columns is known. */
const group = (columns: string[], members: string[]) => `
  case when num_nonnulls(${columns.map((name) => `m.${name}`).join(', ')}) = 0 then 'null'
    else '{' || ${members.join(` || ',' || `)} || '}' end`;

const PROMPT = ['prompt_text_tokens', 'prompt_audio_tokens'];
const COMPLETION = ['completion_text_tokens', 'completion_audio_tokens', 'completion_reasoning_tokens'];
const CREDITS = [
  'total_credits',
  'text_input_credits',
  'text_output_credits',
  'audio_input_credits',
  'audio_output_credits',
];
const details = (prefix: string, columns: string[]) =>
  `'"${prefix}tokens_details":' || (${group(
    columns,
    columns.map((column) => whole(column.slice(prefix.length), column)),
  )})`;

const usage = `case when not m.has_usage then 'null' else '{"tokens":' || (${group(
  ['total_tokens', 'prompt_tokens', 'completion_tokens', ...PROMPT, ...COMPLETION],
  [
    ...['total_tokens', 'prompt_tokens', 'completion_tokens'].map((name) => whole(name, name)),
    details('prompt_', PROMPT),
    details('completion_', COMPLETION),
  ],
)}) || ',"credits":' || (${group(CREDITS, CREDITS.map(decimal))}) || '}' end`;

const string = (value: string) => `coalesce(to_json(${value})::text, 'null')`;

/** What further kinds of content were sent comes first, as it came. */
const piece = `'{"position":' || f.position || ',"from_component_name":' || ${string('f.from_component_name')}
  || ',"from_component_branch":' || ${string('f.from_component_branch')} || ',"content":{'
  || case when f.more::text = '{}' then '' else substr(f.more::text, 2, length(f.more::text) - 2) || ',' end
  || '"text":' || ${string('f.text')} || ',"audio":' || f.audio::text || '}}'`;

/**
 * The messages of an agent as lines of JSON, each what `presentMessage` makes of it: a test holds the two together.
 * PostgreSQL writes them, since handing over two dozen values a row, to be read and written again, takes six times as long.
 * It joins with `||`, since `concat` looks for each value's type anew in each row and takes three times as long; and in
 * parentheses, since each `||` copies what is before it.
 */
export const messageLines = (agent: string, range: OpenRange, after: AfterExported | null) => Prisma.sql`
  select ${Prisma.raw(`('{"agent":' || to_json(m.agent_id) || ',"conversation_id":' || to_json(m.conversation_id)
    || ',"message_id":' || to_json(m.id) || ',"message_type":"' || m.message_type
    || '","text":' || ${string('coalesce(m.text, o.texts)')})
    || (',"create_time":"' || ${instant('create_time')} || '","received_at":"' || ${instant('received_at')}
    || '","revision":' || m.revision || ',"output":[' || coalesce(o.output, '') || '],"usage":')
    || (${usage}) || '}'`)} as line
  from message m
  cross join lateral (
    select string_agg(${Prisma.raw(piece)}, ',' order by f.position) as output,
           string_agg(f.text, chr(10) order by f.position) as texts
    from flow_output f where f.agent_id = m.agent_id and f.message_id = m.id
  ) as o
  where m.agent_id = ${agent} ${between(Prisma.sql`m.create_time`, range)}
    ${after ? Prisma.sql`and (m.create_time, m.id) > (${after.at}, ${after.id})` : Prisma.empty}
  order by m.create_time, m.id`;
