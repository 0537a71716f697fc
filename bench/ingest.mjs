// `npm run bench`: what a delivery costs, side by side with the baselines in one run, as ratios.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startEmbeddedServer } from '../dist/database/embedded-server.js';
import { makeDeliveries } from './bodies.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'a,b,c,app' },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const only = new Set(values.only.split(','));
const TOKEN = 'bench-ingest-token';
const here = (name) => new URL(name, import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'convoledger-bench-'));
const server = await startEmbeddedServer({ dataDir: folder, settings: { max_connections: '120' } });
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const results = { a: [], b: [], c: [], app: [] };
try {
  for (let round = 0; round < rounds; round++) {
    const bodies = join(folder, `bodies-${round}`);
    writeFileSync(
      bodies,
      makeDeliveries(40_000 * seconds, { seed: round + 1 })
        .map(({ body }) => body)
        .join('\n'),
    );
    if (only.has('a')) results.a.push(await measure('a', here('baseline-fastify.mjs'), {}, bodies));
    if (only.has('b')) results.b.push(await measureRows(bodies));
    if (only.has('app')) results.app.push(await measureApp(bodies, round));
    console.error(
      `round ${round + 1} of ${rounds}`,
      Object.fromEntries(
        Object.entries(results).map(([name, list]) => [name, Math.round(list.at(-1)?.rate ?? 0)]),
      ),
    );
  }
  report();
} finally {
  await server.stop();
}

async function measure(name, program, env, bodies) {
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await portOf(child);
  try {
    load(port, bodies, { seconds: 2 });
    const before = cpu(child.pid);
    const closed = load(port, bodies, { seconds, from: 20_000 });
    const after = cpu(child.pid);
    return {
      name,
      rate: closed.answered / closed.seconds,
      ...closed,
      appCpu: ((after.app - before.app) / closed.answered) * 1e6,
      databaseCpu: ((after.database - before.database) / closed.answered) * 1e6,
      rss: rss(child.pid),
    };
  } finally {
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
  }
}

async function measureRows(bodies) {
  const run = (args) =>
    JSON.parse(
      spawnSync(
        process.execPath,
        [here('baseline-rows.mjs'), JSON.stringify({ url: server.url, bodies, ...args })],
        { encoding: 'utf8', maxBuffer: 1e8 },
      ).stdout,
    );
  const before = cpu(0);
  const top = run({ seconds });
  const databaseCpu = ((cpu(0).database - before.database) / top.answered) * 1e6;
  return {
    name: 'b',
    rate: top.answered / top.seconds,
    ...top,
    databaseCpu,
    lone: run({ seconds: 2, connections: 1 }).p50,
  };
}

async function measureApp(bodies, round) {
  const admin = new pg.Client(server.url);
  await admin.connect();
  await admin.query(`create database app${round} encoding 'UTF8' template template0`);
  await admin.end();
  const url = new URL(server.url);
  url.pathname = `app${round}`;
  const env = { DATABASE_URL: url.href, INGEST_TOKEN: TOKEN, PORT: '0', LOG_LEVEL: 'warn' };
  const result = await measure('app', here('../dist/main.js'), env, bodies);
  await verify(url.href);
  return result;
}

/** The counts and sums that every stored delivery must have moved. */
async function verify(url) {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query(`
    select (select count(*) from message) = (select sum(messages) from usage_bucket where span = 900) as messages,
           (select sum(total_credits) from message) = (select sum(total_credits) from usage_bucket where span = 900) as credits,
           (select sum(total_credits) from usage_entry) = (select sum(total_credits) from usage_bucket where span = 900) as entries,
           (select count(*) from change) = (select count(*) from delivery where outcome in ('stored', 'revised')) as changes`);
  await client.end();
  if (!Object.values(rows[0]).every(Boolean))
    throw new Error(`The sums do not agree: ${JSON.stringify(rows[0])}`);
}

function load(port, bodies, args) {
  const options = { port, bodies, connections: 64, token: TOKEN, ...args };
  const { stdout, stderr } = spawnSync(process.execPath, [here('load.mjs'), JSON.stringify(options)], {
    encoding: 'utf8',
  });
  const result = JSON.parse(stdout || stderr);
  if (result.failed > 0) throw new Error(`${result.failed} requests failed`);
  return result;
}

function portOf(child) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const port = /"port":(\d+)|ready: http:\/\/[^:]+:(\d+)/.exec(text);
      if (port) resolve(Number(port[1] ?? port[2]));
    });
  });
}

/** Seconds of CPU that a process, and all of PostgreSQL, have used so far. */
function cpu(pid) {
  const ticks = (stat) => {
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14])) / 100;
  };
  const all = spawnSync(
    'sh',
    ['-c', 'for p in $(pgrep -x postgres); do cat /proc/$p/stat 2>/dev/null; done'],
    { encoding: 'utf8' },
  ).stdout;
  const database = all
    .split('\n')
    .filter(Boolean)
    .reduce((sum, line) => sum + ticks(line), 0);
  return { app: pid ? ticks(readFileSync(`/proc/${pid}/stat`, 'utf8')) : 0, database };
}

function rss(pid) {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

function report() {
  const median = (list) => [...list].sort((x, y) => x - y)[Math.floor(list.length / 2)];
  const rate = (name) => median(results[name].map((result) => result.rate));
  for (const [name, list] of Object.entries(results)) {
    if (list.length === 0) continue;
    const of = (key) => median(list.map((result) => result[key] ?? 0));
    console.log(
      `${name.padEnd(4)} ${Math.round(rate(name)).toString().padStart(7)}/s  p50 ${of('p50').toFixed(2)} ms  p99 ${of('p99').toFixed(2)} ms  app ${of('appCpu').toFixed(0)} µs  database ${of('databaseCpu').toFixed(0)} µs  rss ${of('rss').toFixed(0)} MB  (${list.map((result) => Math.round(result.rate)).join(', ')})`,
    );
  }
  for (const name of ['a', 'b', 'c'])
    if (results[name].length && results.app.length)
      console.log(`app / (${name}) = ${(rate('app') / rate(name)).toFixed(2)}`);
}
