// `npm run bench`: what a delivery costs, side by side with the baselines in one run, as ratios.
// --seconds of each measurement, --rounds, --filled: how many messages the last table holds already (0: leave it out).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startEmbeddedServer } from '../dist/database/embedded-server.js';
import { migrate } from '../dist/database/migrate.js';
import { ADMIN, temporaryFolder } from './archive.mjs';
import { makeDeliveries } from './bodies.mjs';
import { AGENTS, fill } from './fill.mjs';
import { here, run, runCosting, start, stop, time } from './measure.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    filled: { type: 'string', default: '3000000' },
    only: { type: 'string', default: 'a,b,c,app,agents,two,nosearch,import' },
  },
});
const seconds = Number(values.seconds);
const only = new Set(values.only.split(','));
const INGEST = 'bench-ingest-token';
const CONNECTIONS = 64;
const APP = here('../dist/main.js');
const IMPORT = here('../dist/commands/import.js');

const folder = temporaryFolder('bench');
const server = await startEmbeddedServer({ dataDir: folder, settings: { max_connections: '200' } });

/** What is measured, and how. Each takes a file of bodies, and a number that no other measurement has. */
const CONTESTANTS = {
  a: measureFastify,
  b: measureRows,
  c: measureTutorial,
  app: (bodies, n) => measureApp(bodies, n, {}),
  agents: (bodies, n) => measureApp(bodies, n, { agents: AGENTS }),
  two: (bodies, n) => measureApp(bodies, n, { processes: 2 }),
  nosearch: (bodies, n) => measureApp(bodies, n, { nodeOptions: ['--import', here('without-search.mjs')] }),
  import: measureImport,
};
const NAMES = {
  a: '(a) bare Fastify',
  b: '(b) four rows per transaction',
  c: '(c) Nest and Prisma, tutorial',
  app: 'Convoledger, one agent',
  agents: 'Convoledger, twenty agents',
  two: 'Convoledger, two processes',
  nosearch: 'Convoledger, without its search',
  import: 'Convoledger, import of a file',
  filled: `Convoledger, ${values.filled} messages there`,
};
/** @type {Record<string, any[]>} */
const results = {};
try {
  for (let round = 1; round <= Number(values.rounds); round++) {
    const bodies = writeBodies(round);
    for (const [name, measure] of Object.entries(CONTESTANTS)) {
      if (!only.has(name)) continue;
      results[name] ??= [];
      await clear();
      results[name].push(await measure(bodies, `${name}_${round}`));
      console.error(`round ${round} of ${values.rounds}: ${line(name, results[name].slice(-1))}`);
    }
    if (round === 1 && Number(values.filled) > 0 && only.has('app')) {
      await clear();
      const measured = await measureApp(bodies, 'filled', { filled: Number(values.filled) });
      results.filled = [measured];
    }
  }
  report();
} finally {
  await server.stop();
}

function writeBodies(seed) {
  const file = join(folder, `bodies-${seed}`);
  const bodies = makeDeliveries(12_000 * seconds, { seed }).map(({ body }) => body);
  writeFileSync(file, bodies.join('\n'));
  return file;
}

async function measureFastify(bodies) {
  const app = await start(here('baseline-fastify.mjs'));
  run('load.mjs', { port: app.port, bodies, seconds: 1, connections: CONNECTIONS });
  const options = { port: app.port, bodies, seconds: 3, connections: CONNECTIONS };
  const top = await runCosting('load.mjs', options, { pid: app.child.pid, url: server.url });
  await stop(app);
  return top;
}

async function measureRows(bodies) {
  const top = await runCosting(
    'baseline-rows.mjs',
    { url: server.url, bodies, seconds },
    { url: server.url },
  );
  const open = run('baseline-rows.mjs', { url: server.url, bodies, seconds, rate: top.rate / 2 });
  const lone = run('baseline-rows.mjs', { url: server.url, bodies, seconds: 2, connections: 1 });
  return { ...top, openP99: open.p99, lone: lone.p50 };
}

async function measureTutorial(bodies, name) {
  const url = await createDatabase(name);
  const client = new pg.Client(url);
  await client.connect();
  await migrate(client);
  await client.end();
  const app = await start(here('baseline-tutorial.mjs'), { DATABASE_URL: url });
  run('load.mjs', { port: app.port, bodies, seconds: 1, connections: CONNECTIONS });
  const options = { port: app.port, bodies, seconds, connections: CONNECTIONS, from: 5_000 };
  const top = await runCosting('load.mjs', options, { pid: app.child.pid, url });
  await stop(app);
  return top;
}

async function measureApp(bodies, name, { agents, processes = 1, filled = 0, nodeOptions = [] }) {
  const url = await createDatabase(name);
  const env = environment(url);
  const apps = [await start(APP, env, nodeOptions)];
  if (filled > 0) {
    const client = new pg.Client(url);
    await client.connect();
    await fill(client, filled, { whole: true });
    await client.end();
    await stop(apps.pop());
  }
  while (apps.length < processes || apps.length === 0) apps.push(await start(APP, env, nodeOptions));
  const [{ child, port }] = apps;
  const tokens = agents ? await makeKeys(port, agents) : [INGEST];
  const to = { ports: apps.map((app) => app.port), tokens, bodies, connections: CONNECTIONS };
  const warmUp = run('load.mjs', { ...to, seconds: 3 });
  const top = await runCosting('load.mjs', { ...to, seconds, from: warmUp.next }, { pid: child.pid, url });
  const open = run('load.mjs', { ...to, seconds, from: top.next, rate: top.rate / 2 });
  const lone = run('load.mjs', { ...to, seconds: 2, from: open.next, connections: 1 });
  for (const app of apps) await stop(app);
  if (filled === 0) await verify(url);
  const again = await start(APP, env);
  await stop(again);
  return { ...top, openP99: open.p99, lone: lone.p50, startedIn: again.startedIn };
}

/** The same bodies out of a file, by `npm run import`; starting and ending count. */
async function measureImport(bodies, name) {
  const url = await createDatabase(name);
  await stop(await start(APP, environment(url)));
  const lines = readFileSync(bodies, 'utf8')
    .split('\n')
    .slice(0, 3_000 * seconds);
  const file = `${bodies}-to-import`;
  writeFileSync(file, lines.join('\n'));
  const took = time(IMPORT, [file], environment(url));
  await verify(url);
  return { rate: lines.length / took };
}

function environment(url) {
  return { DATABASE_URL: url, INGEST_TOKEN: INGEST, ADMIN_TOKEN: ADMIN, PORT: '0', LOG_LEVEL: 'warn' };
}

/** Leaves nothing of the contestant before to be written, vacuumed or analyzed while the next is measured. */
async function clear() {
  const admin = new pg.Client(server.url);
  await admin.connect();
  const { rows } = await admin.query("select datname from pg_database where datname like 'bench%'");
  for (const { datname } of rows) await admin.query(`drop database ${datname} with (force)`);
  await admin.query('drop schema if exists plain cascade');
  await admin.query('checkpoint');
  await admin.end();
}

async function createDatabase(name) {
  const admin = new pg.Client(server.url);
  await admin.connect();
  await admin.query(`create database bench_${name} encoding 'UTF8' template template0`);
  await admin.end();
  const url = new URL(server.url);
  url.pathname = `bench_${name}`;
  return url.href;
}

/** An ingest key for each agent, and the agents that are not there yet. */
async function makeKeys(port, agents) {
  const post = async (path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok && response.status !== 409) throw new Error(await response.text());
    return response.json();
  };
  const tokens = [];
  for (const agent of agents) {
    await post('agents', { id: agent, name: agent });
    tokens.push((await post('keys', { label: agent, scopes: ['ingest'], agent })).token);
  }
  return tokens;
}

/** The counts and sums that every stored delivery must have moved. */
async function verify(url) {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query(`
    select (select count(*) from message) = (select sum(messages) from usage_bucket where span = 900) as messages,
           (select sum(total_credits) from message) = (select sum(total_credits) from usage_bucket where span = 86400) as credits,
           (select sum(total_credits) from usage_entry) = (select sum(total_credits) from usage_bucket where span = 900) as entries,
           (select count(*) from change) = (select count(*) from delivery where outcome in ('stored', 'revised')) as changes`);
  await client.end();
  if (!Object.values(rows[0]).every(Boolean))
    throw new Error(`The sums do not agree: ${JSON.stringify(rows[0])}`);
}

function median(list) {
  return [...list].sort((one, other) => one - other)[Math.floor(list.length / 2)];
}

function line(name, list) {
  const of = (key, digits = 0) => {
    const found = list.map((result) => result[key]).filter((value) => typeof value === 'number');
    return found.length > 0 ? median(found).toFixed(digits) : '-';
  };
  const rates = list.map(({ rate }) => Math.round(rate));
  return [
    NAMES[name].padEnd(38),
    `${of('rate')}/s (${rates.join(', ')})`,
    `p50 ${of('p50', 1)} p99 ${of('p99', 1)} ms`,
    `at half the rate p99 ${of('openP99', 1)} ms`,
    `lone p50 ${of('lone', 2)} ms`,
    `CPU app ${of('appCpu')} database ${of('databaseCpu')} µs`,
    `WAL ${of('bytesWritten')} bytes`,
    `RSS ${of('rss')} MB`,
    `start ${of('startedIn')} ms`,
  ].join('  ');
}

function report() {
  for (const [name, list] of Object.entries(results)) console.log(line(name, list));
  const ratio = (key, one, other, target) => {
    if (!results[one] || !results[other]) return;
    const of = (name) => median(results[name].map((result) => result[key]));
    console.log(`${key} of ${NAMES[one]} / ${NAMES[other]}: ${(of(one) / of(other)).toFixed(2)} (${target})`);
  };
  for (const own of ['app', 'agents']) {
    ratio('rate', own, 'a', 'at least 0.2');
    ratio('rate', own, 'b', 'at least 1.3');
    ratio('rate', own, 'c', 'at least 15');
    ratio('openP99', own, 'b', 'at most 1');
    ratio('lone', own, 'b', 'at most 1.5');
  }
  ratio('rate', 'two', 'app', 'at least 1');
  ratio('rate', 'filled', 'app', 'at least 0.85');
  ratio('rate', 'nosearch', 'app', 'what the search costs');
  ratio('rate', 'import', 'app', 'at least 0.5');
}
