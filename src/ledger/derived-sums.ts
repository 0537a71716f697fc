import { FIGURES } from './figures.js';
import { SHORTEST_SPAN, SPANS } from './spans.js';

/** A part of a table whose rows are sums of ledger entries and changes, and how they are computed from these alone. */
export interface DerivedSums {
  table: string;
  /** The columns that name a row. */
  keys: string[];
  columns: string[];
  /** A part is an agent's month ($1 agent, $2 and $3 its bounds) or all of an agent ($1). */
  part: 'month' | 'agent';
  /** Selects keys and columns as they should be, and as they are stored. */
  expected: string;
  stored: string;
  /** Rows come and go with what they are sums of; otherwise they hold more than sums, and are only corrected. */
  comesAndGoes: boolean;
}

const isTokens = (name: string) => name.endsWith('_tokens');
const reporters = (k: number, entry: string) =>
  `coalesce(sum(((${entry}.reporters_gained >> ${k}) & 1) - ((${entry}.reporters_lost >> ${k}) & 1)), 0)`;

const bucketCounts = ['messages', 'messages_with_usage', 'corrections', 'redated', 'totals_mismatched'];
const bucketColumns = [...bucketCounts, ...FIGURES, ...FIGURES.map((name) => `${name}_reporters`)];
const QUARTER = (instant: string) =>
  `date_bin('${SHORTEST_SPAN} seconds', ${instant}, '2000-01-01Z')::timestamptz(3)`;

/** Every body counts, also one that changed nothing: its change is what makes the rows of its quarter of an hour and of the spans around it. */
const buckets: DerivedSums = {
  table: 'usage_bucket',
  keys: ['agent_id', 'span', 'start', 'message_type'],
  columns: bucketColumns,
  part: 'month',
  comesAndGoes: true,
  expected: `
    with counted as (
      select m.agent_id, m.message_type, ${QUARTER('m.create_time')} as start,
             count(*) filter (where c.kind = 'stored') as messages,
             sum(c.redated) as redated, sum(c.totals_mismatched) as totals_mismatched
      from message m join change c on c.agent_id = m.agent_id and c.message_id = m.id
      where m.agent_id = $1 and m.create_time >= $2 and m.create_time < $3
      group by 1, 2, 3
    ), summed as (
      select e.agent_id, e.message_type, ${QUARTER('e.occurred_at')} as start,
             count(*) filter (where e.kind = 'usage') as messages_with_usage,
             count(*) filter (where e.kind = 'correction') as corrections,
             ${FIGURES.map((name) => `sum(e.${name}) as ${name}`).join(', ')},
             ${FIGURES.map((name, k) => `${reporters(k, 'e')} as ${name}_reporters`).join(', ')}
      from usage_entry e where e.agent_id = $1 and e.occurred_at >= $2 and e.occurred_at < $3
      group by 1, 2, 3
    )
    select agent_id, span, date_bin(make_interval(secs => span), start, '2000-01-01Z')::timestamptz(3) as start, message_type,
           ${bucketCounts.map((name) => `coalesce(sum(${name}), 0)::bigint as ${name}`).join(', ')},
           ${FIGURES.map((name) => `trim_scale(coalesce(sum(${name}), 0)::numeric) as ${name}`).join(', ')},
           ${FIGURES.map((name) => `coalesce(sum(${name}_reporters), 0)::bigint as ${name}_reporters`).join(', ')}
    from counted full join summed using (agent_id, message_type, start)
    cross join unnest(array[${SPANS.join(', ')}]) as span group by 1, 2, 3, 4`,
  stored: `
    select agent_id, span, start, message_type, ${bucketCounts.join(', ')},
           ${FIGURES.map((name) => `trim_scale(${name}) as ${name}`).join(', ')},
           ${FIGURES.map((name) => `${name}_reporters`).join(', ')}
    from usage_bucket where agent_id = $1 and start >= $2 and start < $3`,
};

/** What a message shows as its own is the sum of its entries, and its revision that of its last body. */
const messages: DerivedSums = {
  table: 'message',
  keys: ['agent_id', 'id'],
  columns: ['revision', 'has_usage', 'redated', 'totals_mismatched', ...FIGURES],
  part: 'month',
  comesAndGoes: false,
  expected: `
    select m.agent_id, m.id, c.revision, num_nonnulls(${FIGURES.map((name) => `e.${name}`).join(', ')}) > 0 as has_usage,
           c.redated, c.totals_mismatched, ${FIGURES.map((name) => `e.${name}`).join(', ')}
    from message m
    cross join lateral (
      select max(c.revision) as revision, sum(c.redated) > 0 as redated, sum(c.totals_mismatched) > 0 as totals_mismatched
      from change c where c.agent_id = m.agent_id and c.message_id = m.id and c.kind <> 'erased') as c
    cross join lateral (
      select ${FIGURES.map((name, k) => {
        const total = isTokens(name) ? `sum(e.${name})::bigint` : `trim_scale(sum(e.${name}))`;
        return `case when ${reporters(k, 'e')} > 0 then ${total} end as ${name}`;
      }).join(', ')}
      from usage_entry e where e.agent_id = m.agent_id and e.message_id = m.id) as e
    where m.agent_id = $1 and m.create_time >= $2 and m.create_time < $3`,
  stored: `
    select agent_id, id, revision, has_usage, redated, totals_mismatched,
           ${FIGURES.map((name) => (isTokens(name) ? name : `trim_scale(${name}) as ${name}`)).join(', ')}
    from message where agent_id = $1 and create_time >= $2 and create_time < $3`,
};

/** A conversation counts what can be read of it; what was erased is only in the ledger. */
const conversations: DerivedSums = {
  table: 'conversation',
  keys: ['agent_id', 'id'],
  columns: ['first_message_at', 'last_message_at', 'messages', 'total_credits', 'credit_messages'],
  part: 'agent',
  comesAndGoes: false,
  expected: `
    select c.agent_id, c.id,
           coalesce(m.first_message_at, c.first_message_at) as first_message_at,
           coalesce(m.last_message_at, c.last_message_at) as last_message_at,
           coalesce(m.messages, 0) as messages, trim_scale(coalesce(e.total_credits, 0)) as total_credits,
           coalesce(e.credit_messages, 0)::bigint as credit_messages
    from conversation c
    left join (
      select conversation_id, min(create_time) as first_message_at, max(create_time) as last_message_at, count(*) as messages
      from message where agent_id = $1 and erased_at is null group by 1) as m on m.conversation_id = c.id
    left join (
      select m.conversation_id, sum(usage_entry.total_credits) as total_credits,
             ${reporters(FIGURES.indexOf('total_credits'), 'usage_entry')} as credit_messages
      from usage_entry join message m on m.agent_id = usage_entry.agent_id and m.id = usage_entry.message_id
      where usage_entry.agent_id = $1 and m.erased_at is null group by 1) as e on e.conversation_id = c.id
    where c.agent_id = $1`,
  stored: `
    select agent_id, id, first_message_at, last_message_at, messages, trim_scale(total_credits) as total_credits, credit_messages
    from conversation where agent_id = $1`,
};

/** All that is kept only so that nobody has to add it up again. */
export const DERIVED: DerivedSums[] = [buckets, messages, conversations];
