import { Prisma } from '../../database/generated/client.js';
import { FIGURES } from '../../ledger/figures.js';
import type { FigureTexts } from './usage.presenter.js';

export type UsageRow = FigureTexts & {
  /** Number of the bucket, from 1: the one between edges n - 1 and n. Null for the sum of all of them. */
  bucket: number | null;
  messages: bigint;
  messages_with_usage: bigint;
  messages_without_usage: bigint;
  corrections: bigint;
  redated: bigint;
  totals_mismatched: bigint;
};

/** Milliseconds of one row of `usage_bucket`. */
const QUARTER = 15 * 60_000;

const COUNTS = [
  'messages',
  'messages_with_usage',
  'messages_without_usage',
  'corrections',
  'redated',
  'totals_mismatched',
] as const;

const raw = (texts: string[]) => Prisma.raw(texts.join(', '));

const fromBuckets = raw([
  'b.messages',
  'b.messages_with_usage',
  // Only an answer is expected to come with usage.
  `case when b.message_type = 'ANSWER' then b.messages - b.messages_with_usage else 0 end as messages_without_usage`,
  'b.corrections',
  'b.redated',
  'b.totals_mismatched',
  ...FIGURES.flatMap((name) => [`b.${name}`, `b.${name}_reporters`]),
]);

const fromMessages = raw([
  '1',
  'm.has_usage::int',
  `(m.message_type = 'ANSWER' and not m.has_usage)::int`,
  `(select count(*) from usage_entry e where e.agent_id = m.agent_id and e.message_id = m.id and e.kind = 'correction')`,
  'm.redated::int',
  'm.totals_mismatched::int',
  ...FIGURES.flatMap((name) => [`coalesce(m.${name}, 0)`, `(m.${name} is not null)::int`]),
]);

const sums = raw([
  ...COUNTS.map((name) => `coalesce(sum(${name}), 0)::bigint as ${name}`),
  ...FIGURES.map(
    (name) => `case when sum(${name}_reporters) > 0 then trim_scale(sum(${name}))::text end as ${name}`,
  ),
]);

/**
 * The sum of everything, and then of each bucket that has messages. Whole quarters of an hour come from `usage_bucket`;
 * the few that an edge cuts in two are summed from their messages, so that edges may lie anywhere and the buckets
 * still add up to the whole.
 * @param edges instants in rising order: one more than there are buckets
 */
export function usagePerBucket(agents: string[], edges: Date[]): Prisma.Sql {
  const from = edges[0];
  const to = edges.at(-1);
  const cut = quartersCutBy(edges);
  return Prisma.sql`
    with part as (
      select width_bucket(b.start, ${edges}::timestamptz[]) as bucket, ${fromBuckets}
      from usage_bucket b
      where b.agent_id = any (${agents}) and b.start >= ${from} and b.start < ${to} and b.start <> all (${cut}::timestamptz[])
      union all
      select width_bucket(m.create_time, ${edges}::timestamptz[]), ${fromMessages}
      from unnest(${cut}::timestamptz[]) as quarter
      join message m on m.create_time >= quarter and m.create_time < quarter + interval '15 minutes'
      where m.agent_id = any (${agents}) and m.create_time >= ${from} and m.create_time < ${to}
    )
    select bucket, ${sums}
    from part group by grouping sets ((), (bucket)) order by bucket nulls first`;
}

/** The quarters of an hour that have an edge inside them, each once. */
function quartersCutBy(edges: Date[]): Date[] {
  const cut = edges.map((edge) => edge.getTime()).filter((time) => time % QUARTER !== 0);
  const quarters = cut.map((time) => Math.floor(time / QUARTER) * QUARTER);
  return [...new Set(quarters)].map((time) => new Date(time));
}
