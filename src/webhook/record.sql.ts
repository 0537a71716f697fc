import { FIGURES } from '../ledger/figures.js';
import { SHORTEST_SPAN, SPANS } from '../ledger/spans.js';

export const figureColumns = FIGURES.join(', ');
export const typeOf = (figure: string) => (figure.endsWith('_tokens') ? 'bigint' : 'numeric');

/** What a change adds to how many messages report figure number k. */
const reporters = (k: number) =>
  `coalesce(sum(((c.reporters_gained >> ${k}) & 1) - ((c.reporters_lost >> ${k}) & 1)), 0)`;

const bucketColumns = [
  'messages',
  'messages_with_usage',
  'corrections',
  'redated',
  'totals_mismatched',
  ...FIGURES,
  ...FIGURES.map((name) => `${name}_reporters`),
];

/** Where the record stands, and when this is recorded. */
export const STATE = `state as materialized (
  select position, greatest(date_trunc('milliseconds', clock_timestamp()), recorded_at + interval '1 millisecond') as recorded_at
  from ledger_state
)`;

/** Writes `c`, the changes of a batch, into all that follows from them. PostgreSQL adds up; nothing passes through a double. */
export const RECORD = `conversations as (
  insert into conversation as known (agent_id, id, first_message_at, last_message_at, messages, total_credits, credit_messages)
  select c.agent_id, c.conversation_id, min(c.occurred_at), max(c.occurred_at), count(*) filter (where c.kind = 'stored'),
         coalesce(sum(c.total_credits), 0), ${reporters(FIGURES.indexOf('total_credits'))}
  from c where c.erased is not true group by 1, 2
  on conflict (agent_id, id) do update set
    -- One without messages was erased, and begins anew.
    first_message_at = least(case when known.messages > 0 then known.first_message_at end, excluded.first_message_at),
    last_message_at = greatest(case when known.messages > 0 then known.last_message_at end, excluded.last_message_at),
    messages = known.messages + excluded.messages,
    total_credits = known.total_credits + excluded.total_credits,
    credit_messages = known.credit_messages + excluded.credit_messages
), changes as (
  insert into change (agent_id, position, kind, conversation_id, message_id, message_type, revision, delivery_id, sha256,
    occurred_at, recorded_at, redated, totals_mismatched)
  select agent_id, position, kind, conversation_id, message_id, message_type, revision, delivery_id, decode(sha256, 'hex'),
    occurred_at, recorded_at, redated, totals_mismatched
  from c
), entries as (
  insert into usage_entry (agent_id, message_id, revision, position, kind, conversation_id, message_type, delivery_id,
    occurred_at, recorded_at, reporters_gained, reporters_lost, ${figureColumns})
  select agent_id, message_id, revision, position, entry_kind, conversation_id, message_type, delivery_id,
    occurred_at, recorded_at, reporters_gained, reporters_lost, ${figureColumns}
  from c where entry_kind is not null
), quarters as materialized (
  select c.agent_id, c.message_type, date_bin('${SHORTEST_SPAN} seconds', c.occurred_at, '2000-01-01Z') as start,
    count(*) filter (where c.kind = 'stored') as messages, count(*) filter (where c.entry_kind = 'usage') as messages_with_usage,
    count(*) filter (where c.entry_kind = 'correction') as corrections, sum(c.redated) as redated,
    sum(c.totals_mismatched) as totals_mismatched,
    ${FIGURES.map((name) => `coalesce(sum(c.${name}), 0) as ${name}`).join(', ')},
    ${FIGURES.map((name, k) => `${reporters(k)} as ${name}_reporters`).join(', ')}
  from c group by 1, 2, 3
), buckets as (
  insert into usage_bucket as known (agent_id, message_type, span, start, ${bucketColumns.join(', ')})
  select agent_id, message_type, span, date_bin(make_interval(secs => span), start, '2000-01-01Z'),
    ${bucketColumns.map((name) => `sum(${name})`).join(', ')}
  from quarters cross join unnest(array[${SPANS.join(', ')}]) as span group by 1, 2, 3, 4
  on conflict (agent_id, span, start, message_type) do update set
    ${bucketColumns.map((name) => `${name} = known.${name} + excluded.${name}`).join(', ')}
)`;

/** Moves the state past the changes in the given table. */
export const ADVANCE = (changes: string) => `update ledger_state
set position = state.position + (select count(*) from ${changes}), recorded_at = state.recorded_at
from state`;

/** The columns of pieces, in the order that both statements give them in. */
export const pieceColumns = `agent_id, message_id, position, create_time, message_type, from_component_name, from_component_branch,
    text, audio, more`;
