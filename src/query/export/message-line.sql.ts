import { Prisma } from '../../database/generated/client.js';
import type { OpenRange } from '../time/range.js';
import { type AfterExported, between } from './export.sql.js';

const whole = (name: string) => `coalesce(m.${name}::text, 'null')`;
const decimal = (name: string) => `coalesce('"' || trim_scale(m.${name})::text || '"', 'null')`;
const instant = (name: string) => `to_char(m.${name} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** A JSON object of members that are SQL, or null where none of the columns is known. */
const group = (columns: string[], members: Record<string, string>) => `
  case when num_nonnulls(${columns.map((name) => `m.${name}`).join(', ')}) = 0 then 'null' else concat('{',
    ${Object.entries(members)
      .map(([name, value], index) => `'${index > 0 ? ',' : ''}"${name}":', ${value}`)
      .join(',\n    ')}, '}') end`;

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
  group(columns, Object.fromEntries(columns.map((name) => [name.slice(prefix.length), whole(name)])));

const usage = `case when not m.has_usage then 'null' else concat('{"tokens":', ${group(
  ['total_tokens', 'prompt_tokens', 'completion_tokens', ...PROMPT, ...COMPLETION],
  {
    total_tokens: whole('total_tokens'),
    prompt_tokens: whole('prompt_tokens'),
    completion_tokens: whole('completion_tokens'),
    prompt_tokens_details: details('prompt_', PROMPT),
    completion_tokens_details: details('completion_', COMPLETION),
  },
)}, ',"credits":', ${group(CREDITS, Object.fromEntries(CREDITS.map((name) => [name, decimal(name)])))}, '}') end`;

const string = (value: string) => `coalesce(to_json(${value})::text, 'null')`;

/** What further kinds of content were sent comes first, as it came. */
const piece = `concat('{"position":', f.position, ',"from_component_name":', ${string('f.from_component_name')},
  ',"from_component_branch":', ${string('f.from_component_branch')}, ',"content":{',
  case when f.more::text = '{}' then '' else substr(f.more::text, 2, length(f.more::text) - 2) || ',' end,
  '"text":', ${string('f.text')}, ',"audio":', f.audio::text, '}}')`;

/**
 * The messages of an agent as lines of JSON, each what `presentMessage` makes of it: a test holds the two together.
 * PostgreSQL writes them, since handing over two dozen values a row, to be read and written again, takes six times as long.
 */
export const messageLines = (agent: string, range: OpenRange, after: AfterExported | null) => Prisma.sql`
  select ${Prisma.raw(`concat('{"agent":', to_json(m.agent_id), ',"conversation_id":', to_json(m.conversation_id),
    ',"message_id":', to_json(m.id), ',"message_type":"', m.message_type,
    '","text":', ${string('coalesce(m.text, o.texts)')},
    ',"create_time":"', ${instant('create_time')}, '","received_at":"', ${instant('received_at')},
    '","revision":', m.revision, ',"output":[', o.output, '],"usage":', ${usage}, '}')`)} as line
  from message m
  cross join lateral (
    select string_agg(${Prisma.raw(piece)}, ',' order by f.position) as output,
           string_agg(f.text, chr(10) order by f.position) as texts
    from flow_output f where f.agent_id = m.agent_id and f.message_id = m.id
  ) as o
  where m.agent_id = ${agent} ${between(Prisma.sql`m.create_time`, range)}
    ${after ? Prisma.sql`and (m.create_time, m.id) > (${after.at}, ${after.id})` : Prisma.empty}
  order by m.create_time, m.id`;
