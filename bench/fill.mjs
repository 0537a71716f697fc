import { FIGURES } from '../dist/ledger/figures.js';
import { SPANS } from '../dist/ledger/spans.js';

const FIGURE_VALUES = `29 + n % 7, 19 + n % 7, 10, 19, 0, 8, 0, 2, 0.0573 + n % 9 * 0.00001, 0.0123, 0.045, 0, 0`;
/** The agent default, and nineteen more. */
export const AGENTS = ['default', ...Array.from({ length: 19 }, (_, n) => `agent-${n + 1}`)];

/**
 * Writes messages with their entries and sums straight into the tables of a prepared database: answers of twenty agents
 * over two years before October 2026, twenty to a conversation of a quarter of an hour.
 * @param {import('pg').Client} client
 * @param {number} size how many
 * @param {{ whole?: boolean }} options whole: with what ingest writes beside them (raw bodies, pieces, changes, words)
 */
export async function fill(client, size, { whole = false } = {}) {
  console.error(`filling ${size} messages`);
  const rows = `
    select (array['${AGENTS.join("','")}'])[1 + n / 20 % ${AGENTS.length}] as agent, 'c' || n / 20 as conversation, 'm' || n as id, n,
      timestamptz '2024-10-01Z' + interval '730 days' * (((n / 20)::bigint * 7919 % ${size / 20}) / ${size / 20}.0)
        + interval '41 seconds' * (n % 20) as at
    from generate_series(1, ${size}) as n`;
  const nobody = `'00000000-0000-7000-8000-000000000000'::uuid`;
  const text = `'we open at nine and close late ' || md5(n::text) || ' please check the invoice ' || n % 5000`;
  await client.query('set session_replication_role = replica');
  await client.query(
    `insert into agent (id, name) select id, id from unnest($1::text[]) as id on conflict do nothing`,
    [AGENTS],
  );
  await client.query(
    'truncate usage_bucket, usage_entry, message, conversation, change, flow_output, delivery cascade',
  );
  await client.query(`
    insert into message (agent_id, id, conversation_id, message_type, create_time, received_at, recorded_at, delivery_id, has_usage,
      text, search, ${FIGURES.join(', ')})
    select agent, id, conversation, 'ANSWER', at, at, at, ${nobody}, true,
      ${whole ? `${text}, array_to_tsvector(regexp_split_to_array(${text}, ' '))` : `null, ''`}, ${FIGURE_VALUES}
    from (${rows}) as r`);
  await client.query(`
    insert into usage_entry (agent_id, message_id, revision, position, kind, conversation_id, message_type, delivery_id, occurred_at,
      recorded_at, reporters_gained, reporters_lost, ${FIGURES.join(', ')})
    select agent, id, 1, n, 'usage', conversation, 'ANSWER', ${nobody}, at, at, 8191, 0, ${FIGURE_VALUES} from (${rows}) as r`);
  await client.query(`
    insert into conversation (agent_id, id, first_message_at, last_message_at, messages, total_credits, credit_messages)
    select agent_id, conversation_id, min(create_time), max(create_time), count(*), sum(total_credits), count(*)
    from message group by 1, 2`);
  for (const span of SPANS) {
    await client.query(`
      insert into usage_bucket
        (agent_id, message_type, span, start, messages, messages_with_usage, corrections, redated, totals_mismatched,
         ${FIGURES.join(', ')}, ${FIGURES.map((name) => `${name}_reporters`).join(', ')})
      select agent_id, message_type, ${span}, date_bin('${span} seconds', occurred_at, '2000-01-01Z'), count(*), count(*), 0, 0, 0,
         ${FIGURES.map((name) => `sum(${name})`).join(', ')}, ${FIGURES.map((name) => `count(${name})`).join(', ')}
      from usage_entry group by 1, 2, 3, 4`);
  }
  if (whole) {
    await client.query(`
      insert into flow_output (agent_id, message_id, position, create_time, message_type, from_component_name, text, audio, more)
      select agent, id, 1, at, 'ANSWER', 'Opening hours', ${text}, '[]', '{}' from (${rows}) as r`);
    await client.query(`
      insert into change (agent_id, position, kind, conversation_id, message_id, message_type, revision, delivery_id, sha256,
        occurred_at, recorded_at)
      select agent, n, 'stored', conversation, id, 'ANSWER', 1, ${nobody}, sha256(id::bytea), at, at from (${rows}) as r`);
    await client.query(`update ledger_state set position = ${size}`);
    await client.query(
      `select ensure_delivery_partition(month) from generate_series(timestamptz '2024-10-01Z', '2026-11-01Z', interval '1 month') as month`,
    );
    await client.query(`
      insert into delivery (agent_id, received_at, id, outcome, conversation_id, message_id, sha256, bytes, body, recorded_at)
      select agent, at, gen_random_uuid(), 'stored', conversation, id, sha256(id::bytea), 500, convert_to(repeat(${text}, 6), 'UTF8'), at
      from (${rows}) as r`);
  }
  await client.query('set session_replication_role = origin');
  await client.query('vacuum analyze');
}
