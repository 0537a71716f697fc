// `npm run bench:usage -- [--entries 3000000]`: what a month and a year cost, against the plain aggregate over the entries
// and against a tenth of them, as ratios in one run. The rows are written straight into the tables.
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { FIGURES } from '../dist/ledger/figures.js';
import { ADMIN, openArchive, temporaryFolder } from './archive.mjs';
import { AGENTS, fill } from './fill.mjs';

const { values } = parseArgs({
  options: { entries: { type: 'string', default: '3000000' }, rounds: { type: 'string', default: '7' } },
});
const SIZES = [Number(values.entries) / 10, Number(values.entries)];
const PLAIN_FIGURES = FIGURES.map((name) => `sum(${name})`).join(', ');

const { app, client, close } = await openArchive(temporaryFolder('usage'), { shared_buffers: '1GB' });
try {
  const results = [];
  for (const size of SIZES) {
    await fill(client, size);
    results.push(await measure());
  }
  report(...results);
} finally {
  await close();
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
  console.log(`${values.entries} entries, ${AGENTS.length} agents, two years; medians of ${values.rounds}`);
  for (const [label, { own, plain }] of Object.entries(large)) {
    console.log(
      `${label.padEnd(40)} ${own.toFixed(1).padStart(7)} ms  ${(plain / own).toFixed(1).padStart(6)} × faster than the plain aggregate` +
        `  ${(own / small[label].own).toFixed(2)} × its time at a tenth`,
    );
  }
}
