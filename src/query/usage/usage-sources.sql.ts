import { Prisma } from '../../database/generated/client.js';
import { FIGURES } from '../../ledger/figures.js';
import { SPANS } from '../../ledger/spans.js';
import { cover, type Interval } from './cover.js';

export const COUNTS = [
  'messages',
  'messages_with_usage',
  'messages_without_usage',
  'corrections',
  'redated',
  'totals_mismatched',
] as const;

/** What is summed: counts, figures, and of how many messages each figure is the sum: none means unknown, not zero. */
export const SUMMED = [...COUNTS, ...FIGURES, ...FIGURES.map((name) => `${name}_reporters`)];

/** Which messages are counted. */
export interface Filter {
  agents: string[];
  conversationId: string | undefined;
  messageType: string | undefined;
  from: Date;
  to: Date;
}

/** Rows of one table that each add something to some of the sums. */
interface Source {
  /** The instant that decides to which bucket a row belongs. */
  at: string;
  conversation?: string;
  adds: Record<string, string>;
  from: Prisma.Sql;
}

/**
 * The rows whose sums are usage as it stands now. Whole spans come from `usage_bucket`, the longest that no edge cuts; the
 * little that is left where an edge cuts the shortest is summed from its messages, so that edges may lie anywhere and parts
 * still add up to the whole. Conversations have no rows in `usage_bucket`: where they matter, all is summed from messages.
 */
export function currentRows(filter: Filter, edges: Date[], byConversation: boolean): Prisma.Sql {
  const { from, to } = filter;
  if (byConversation || filter.conversationId !== undefined) {
    const inRange = Prisma.sql`m.create_time >= ${from} and m.create_time < ${to}`;
    return rowsOf([
      { ...MESSAGE, from: Prisma.sql`from message m where ${inRange} and ${matching('m', filter)}` },
    ]);
  }
  const { spans, rest } = cover(edgesWithMessages(edges), SPANS);
  const sources: Source[] = spans.map(({ span, intervals }) => ({
    ...BUCKET,
    from: perInterval(
      intervals,
      (within) => Prisma.sql`
      select * from usage_bucket b where b.span = ${span}::int and ${within('b.start')} and ${matching('b', filter)}`,
      'b',
    ),
  }));
  const messages = (within: Within) =>
    Prisma.sql`select * from message m where ${within('m.create_time')} and ${matching('m', filter)}`;
  return rowsOf([...sources, { ...MESSAGE, from: perInterval(rest, messages, 'm') }]);
}

type Within = (instant: string) => Prisma.Sql;

/**
 * Reads each interval by itself from the index. Joined in the plain way PostgreSQL, which cannot know how short intervals
 * are, takes a third of the table for each and reads all of it (a year by month in Berlin over a million messages: 940 ms instead of 19);
 * `offset 0` keeps it from that.
 */
function perInterval(intervals: Interval[], rows: (within: Within) => Prisma.Sql, alias: string): Prisma.Sql {
  const bounds = (side: keyof Interval) => intervals.map((interval) => new Date(interval[side]));
  const within: Within = (instant) => Prisma.raw(`${instant} >= bound.first and ${instant} < bound.last`);
  return Prisma.sql`from unnest(${bounds('from')}::timestamptz[], ${bounds('to')}::timestamptz[]) as bound (first, last)
    cross join lateral (${rows(within)} offset 0) as ${Prisma.raw(alias)}`;
}

/** No message is older than the first of these instants, and none was made more than two days after it arrived. */
export const FIRST_MESSAGE = Date.UTC(2000, 0, 1);
export const AHEAD_MS = 3 * 86_400_000;

/** Edges in order, without those where no message can be: a range may have a hundred thousand buckets in other millennia. */
function edgesWithMessages(edges: Date[]): Date[] {
  const last = Date.now() + AHEAD_MS;
  const within = edges.map((edge) => Math.min(Math.max(edge.getTime(), FIRST_MESSAGE), last));
  return [...new Set(within)].sort((one, other) => one - other).map((time) => new Date(time));
}

/**
 * The rows whose sums are usage as it was recorded by an instant: messages that were there, what the ledger had entered
 * for them, and when they were first redated or had totals that do not add up. None of these rows is ever changed in
 * what is read of it here, so the answer stays the same.
 */
export function rowsAsOf(filter: Filter, instant: Date): Prisma.Sql {
  const { from, to } = filter;
  return rowsOf([
    {
      at: 'm.create_time',
      adds: { messages: '1', messages_without_usage: `(m.message_type = 'ANSWER')::int` },
      from: Prisma.sql`from message m
        where m.create_time >= ${from} and m.create_time < ${to} and m.recorded_at <= ${instant} and ${matching('m', filter)}`,
    },
    {
      ...ENTRY,
      from: Prisma.sql`from usage_entry e
        where e.occurred_at >= ${from} and e.occurred_at < ${to} and e.recorded_at <= ${instant}
          and ${matching('e', filter)} ${amongMessages('e', filter)}`,
    },
    {
      at: 'c.occurred_at',
      adds: { redated: 'c.redated', totals_mismatched: 'c.totals_mismatched' },
      from: Prisma.sql`from change c
        where c.occurred_at >= ${from} and c.occurred_at < ${to} and c.recorded_at <= ${instant}
          and (c.redated <> 0 or c.totals_mismatched <> 0) and ${matching('c', filter)}`,
    },
  ]);
}

const each = (expression: (name: string, k: number) => string, suffix = '') =>
  Object.fromEntries(FIGURES.map((name, k) => [name + suffix, expression(name, k)]));

const BUCKET: Omit<Source, 'from'> = {
  at: 'b.start',
  // It has no conversation, and is not read where one is asked for.
  conversation: 'null::text',
  adds: {
    messages: 'b.messages',
    messages_with_usage: 'b.messages_with_usage',
    // Only an answer is expected to come with usage.
    messages_without_usage: `case when b.message_type = 'ANSWER' then b.messages - b.messages_with_usage else 0 end`,
    corrections: 'b.corrections',
    redated: 'b.redated',
    totals_mismatched: 'b.totals_mismatched',
    ...each((name) => `b.${name}`),
    ...each((name) => `b.${name}_reporters`, '_reporters'),
  },
};

const MESSAGE: Omit<Source, 'from'> = {
  at: 'm.create_time',
  adds: {
    messages: '1',
    messages_with_usage: 'm.has_usage::int',
    messages_without_usage: `(m.message_type = 'ANSWER' and not m.has_usage)::int`,
    corrections: `case when m.revision > 1 then (
      select count(*) from usage_entry e
      where e.agent_id = m.agent_id and e.message_id = m.id and e.kind = 'correction') else 0 end`,
    redated: 'm.redated::int',
    totals_mismatched: 'm.totals_mismatched::int',
    ...each((name) => `coalesce(m.${name}, 0)`),
    ...each((name) => `(m.${name} is not null)::int`, '_reporters'),
  },
};

const ENTRY: Omit<Source, 'from'> = {
  at: 'e.occurred_at',
  adds: {
    messages_with_usage: `(e.kind = 'usage')::int`,
    // Takes back what the message itself added: it has usage after all.
    messages_without_usage: `-(e.kind = 'usage' and e.message_type = 'ANSWER')::int`,
    corrections: `(e.kind = 'correction')::int`,
    ...each((name) => `coalesce(e.${name}, 0)`),
    ...each((_, k) => `((e.reporters_gained >> ${k}) & 1) - ((e.reporters_lost >> ${k}) & 1)`, '_reporters'),
  },
};

function rowsOf(sources: Source[]): Prisma.Sql {
  const selects = sources.map(({ at, conversation, adds, from }) => {
    const alias = at.slice(0, at.indexOf('.'));
    const columns = [
      `${at} as at`,
      `${alias}.agent_id`,
      `${conversation ?? `${alias}.conversation_id`} as conversation_id`,
      `${alias}.message_type collate "C" as message_type`,
      ...SUMMED.map((name) => `${adds[name] ?? '0'} as ${name}`),
    ];
    return Prisma.sql`select ${Prisma.raw(columns.join(', '))} ${from}`;
  });
  return Prisma.join(selects, ' union all ');
}

function matching(alias: string, { agents, conversationId, messageType }: Filter): Prisma.Sql {
  const column = (name: string) => Prisma.raw(`${alias}.${name}`);
  const conditions = [Prisma.sql`${column('agent_id')} = any (${agents})`];
  if (conversationId !== undefined)
    conditions.push(Prisma.sql`${column('conversation_id')} = ${conversationId}`);
  if (messageType !== undefined) conditions.push(Prisma.sql`${column('message_type')} = ${messageType}`);
  return Prisma.join(conditions, ' and ');
}

/** Entries have no index by conversation, but one by message. */
function amongMessages(alias: string, { agents, conversationId }: Filter): Prisma.Sql {
  if (conversationId === undefined) return Prisma.empty;
  return Prisma.sql`and ${Prisma.raw(alias)}.message_id = any (array(
    select m.id from message m where m.agent_id = any (${agents}) and m.conversation_id = ${conversationId}))`;
}
