// `npm run bench:usage -- [--entries 3000000]`: what a month and a year cost, against the plain aggregate over the entries
// and against a tenth of them, as ratios in one run. The rows are written straight into the tables.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { createApp } from '../dist/app.js';
import { readConfig } from '../dist/config.js';
import { DatabaseService } from '../dist/database/database.service.js';
import { startEmbeddedServer } from '../dist/database/embedded-server.js';
import { prepareDatabase } from '../dist/database/prepare.js';
import { FIGURES } from '../dist/ledger/figures.js';
import { SPANS } from '../dist/ledger/spans.js';
import { createLogger } from '../dist/logging.js';

const { values } = parseArgs({
  options: { entries: { type: 'string', default: '3000000' }, rounds: { type: 'string', default: '7' } },
});
const SIZES = [Number(values.entries) / 10, Number(values.entries)];
const AGENTS = 20;
const ADMIN = 'bench-admin-token';
const PLAIN_FIGURES = FIGURES.map((name) => `sum(${name})`).join(', ');

const folder = mkdtempSync(join(tmpdir(), 'convoledger-usage-'));
const server = await startEmbeddedServer({
  dataDir: folder,
  settings: { shared_buffers: '1GB', max_wal_size: '4GB', synchronous_commit: 'off' },
});
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const logger = createLogger('error');
const app = await createApp(
  readConfig({ ADMIN_TOKEN: ADMIN, INGEST_TOKEN: 'bench-ingest-token' }),
  server.url,
  logger,
);
const client = new pg.Client({ connectionString: server.url });
try {
  await app.listen(0, '127.0.0.1');
  await prepareDatabase(
    app.get(DatabaseService),
    readConfig({ ADMIN_TOKEN: ADMIN }),
    logger,
    new AbortController().signal,
  );
  await client.connect();
  await client.query(
    `insert into agent (id, name) select 'agent-' || n, 'Agent ' || n from generate_series(1, ${AGENTS}) n`,
  );
  const results = [];
  for (const size of SIZES) {
    await fill(size);
    results.push(await measure());
  }
  report(...results);
} finally {
  await client.end();
  await app.close();
  await server.stop();
}

/** Answers of twenty agents over two years, twenty to a conversation, by day more than by night. */
async function fill(size) {
  console.error(`filling ${size} entries`);
  const figures = `29 + n % 7, 19 + n % 7, 10, 19, 0, 8, 0, 2, 0.0573 + n % 9 * 0.00001, 0.0123, 0.045, 0, 0`;
  const rows = `
    select 'agent-' || 1 + n / 20 % ${AGENTS} as agent, 'c' || n / 20 as conversation, 'm' || n as id, n,
      timestamptz '2024-10-01Z' + interval '730 days' * ((n::bigint * 7919 % ${size}) / ${size}.0)
        + interval '1 second' * (n % 60) as at
    from generate_series(1, ${size}) as n`;
  await client.query(`set session_replication_role = replica`);
  await client.query(
    `truncate usage_bucket, usage_entry, message, conversation, change, flow_output, delivery cascade`,
  );
  await client.query(`
    insert into message (agent_id, id, conversation_id, message_type, create_time, received_at, recorded_at, delivery_id, has_usage,
      ${FIGURES.join(', ')})
    select agent, id, conversation, 'ANSWER', at, at, at, gen_random_uuid(), true, ${figures} from (${rows}) as r`);
  await client.query(`
    insert into usage_entry (agent_id, message_id, revision, position, kind, conversation_id, message_type, delivery_id, occurred_at,
      recorded_at, reporters_gained, reporters_lost, ${FIGURES.join(', ')})
    select agent, id, 1, n, 'usage', conversation, 'ANSWER', gen_random_uuid(), at, at, 8191, 0, ${figures} from (${rows}) as r`);
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
         ${PLAIN_FIGURES}, ${FIGURES.map((name) => `count(${name})`).join(', ')}
      from usage_entry group by 1, 2, 3, 4`);
  }
  await client.query('set session_replication_role = origin');
  for (const table of ['message', 'usage_entry', 'conversation', 'usage_bucket'])
    await client.query(`vacuum analyze ${table}`);
}

async function measure() {
  const year = { from: '2025-09-01', to: '2026-09-01', bucket: 'month' };
  const month = { period: '2026-03', bucket: 'day' };
  const found = {};
  for (const tz of ['UTC', 'Europe/Berlin', 'Asia/Kathmandu']) {
    for (const [name, question] of Object.entries({ year, month })) {
      for (const group of ['', 'agent']) {
        const label = `${name === 'year' ? 'year by month' : 'month by day'}${group && ' by agent'}, ${tz}`;
        found[label] = {
          own: await timeOf(() => ask({ ...question, tz, ...(group && { group_by: group }) })),
          plain: await timeOf(() => plain(name, tz, group && 'agent_id')),
        };
      }
    }
  }
  found['month by conversation, first page'] = {
    own: await timeOf(() => ask({ period: '2026-03', bucket: 'none', group_by: 'conversation', limit: 50 })),
    plain: await timeOf(() => plain('month', 'UTC', 'agent_id, conversation_id')),
  };
  return found;
}

async function ask(question) {
  const response = await fetch(`${await app.getUrl()}/v1/usage?${new URLSearchParams(question)}`, {
    headers: { authorization: `Bearer ${ADMIN}` },
  });
  if (!response.ok) throw new Error(await response.text());
  await response.text();
}

/** What a report costs that has no sums to look up. */
async function plain(range, tz, group) {
  const [from, to, unit] =
    range === 'year' ? ['2025-09-01', '2026-09-01', 'month'] : ['2026-03-01', '2026-04-01', 'day'];
  await client.query(
    `select date_trunc('${unit}', occurred_at at time zone $3)${group && `, ${group}`}, count(*), ${PLAIN_FIGURES}
     from usage_entry where occurred_at >= $1::timestamp at time zone $3 and occurred_at < $2::timestamp at time zone $3
     group by 1 ${group && `, ${group}`} order by 1`,
    [from, to, tz],
  );
}

async function timeOf(act) {
  await act();
  const times = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const began = performance.now();
    await act();
    times.push(performance.now() - began);
  }
  return times.sort((one, other) => one - other)[Math.floor(times.length / 2)];
}

function report(small, large) {
  console.log(`${values.entries} entries, ${AGENTS} agents, two years; medians of ${values.rounds}`);
  for (const [label, { own, plain }] of Object.entries(large)) {
    console.log(
      `${label.padEnd(40)} ${own.toFixed(1).padStart(7)} ms  ${(plain / own).toFixed(1).padStart(6)} × faster than the plain aggregate` +
        `  ${(own / small[label].own).toFixed(2)} × its time at a tenth`,
    );
  }
}
