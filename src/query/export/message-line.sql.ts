import { Prisma } from '../../database/generated/client.js';
import { FIGURES } from '../../ledger/figures.js';
import type { OpenRange } from '../time/range.js';
import { type AfterExported, between } from './export.sql.js';

/** A text, and the end of a JSON string. The microsecond makes it show its milliseconds even where they are zero. */
const instant = (name: string) =>
  `left(to_json((m.${name} at time zone 'UTC') + interval '1 microsecond')::text, 24) || 'Z"'`;

const string = (value: string) => `coalesce(to_json(${value})::text, 'null')`;

/** What further kinds of content were sent comes first, as it came. */
const piece = `'{"position":' || f.position || ',"from_component_name":' || ${string('f.from_component_name')}
  || ',"from_component_branch":' || ${string('f.from_component_branch')} || ',"content":{'
  || case when f.more::text = '{}' then '' else substr(f.more::text, 2, length(f.more::text) - 2) || ',' end
  || '"text":' || ${string('f.text')} || ',"audio":' || f.audio::text || '}}'`;

/** A message as a line of JSON: all before the usage, and the usage's figures in the order of `FIGURES`. */
export interface MessageLine {
  line: string;
  /** A row as text, `(29,,0.0573)`: none of its values needs quotes, and what is unknown is empty. */
  figures: string;
}

/**
 * The messages of an agent as lines of JSON, each what `presentMessage` makes of it: a test holds the two together.
 * PostgreSQL and the application share the work, so that both cores of a small machine have as much of it. PostgreSQL
 * joins with `||`, since `concat` looks for each value's type anew in each row and takes three times as long; and in
 * parentheses, since each `||` copies what is before it. Of the figures it would take 2 µs a row, where a row as text
 * takes 0.8 and is made into JSON on the other core.
 */
export const messageLines = (agent: string, range: OpenRange, after: AfterExported | null) => Prisma.sql`
  select ${Prisma.raw(`('{"agent":' || to_json(m.agent_id) || ',"conversation_id":' || to_json(m.conversation_id)
    || ',"message_id":' || to_json(m.id) || ',"message_type":"' || m.message_type
    || '","text":' || ${string('coalesce(m.text, o.texts)')})
    || (',"create_time":' || ${instant('create_time')} || ',"received_at":' || ${instant('received_at')}
    || ',"revision":' || m.revision || ',"output":[' || coalesce(o.output, '') || '],"usage":')`)} as line,
    row(${Prisma.raw(FIGURES.map((name) => `m.${name}`).join(', '))})::text as figures
  from message m
  cross join lateral (
    select string_agg(${Prisma.raw(piece)}, ',' order by f.position) as output,
           string_agg(f.text, chr(10) order by f.position) as texts
    from flow_output f where f.agent_id = m.agent_id and f.message_id = m.id
  ) as o
  where m.agent_id = ${agent} and m.erased_at is null ${between(Prisma.sql`m.create_time`, range)}
    ${after ? Prisma.sql`and (m.create_time, m.id) > (${after.at}, ${after.id})` : Prisma.empty}
  order by m.create_time, m.id`;
