// `npm run torture -- --seconds 30 --apps 2 --senders 16 --kill-every 2000`: many senders, one database, and no mercy.
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startEmbeddedServer } from '../../dist/database/embedded-server.js';
import { keepApp } from './apps.mjs';
import { check } from './check.mjs';
import { startProxy } from './proxy.mjs';
import { Book, sendUntil } from './senders.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    apps: { type: 'string', default: '2' },
    senders: { type: 'string', default: '16' },
    'kill-every': { type: 'string', default: '2000' },
  },
});
const seconds = Number(values.seconds);
const killEvery = Number(values['kill-every']);
const INGEST = 'ingest-token-of-the-torture';
const ADMIN = 'admin-token-of-the-torture';

const folder = await mkdtemp(join(tmpdir(), 'convoledger-torture-'));
// Where root starts it, the server runs as another user, who must come in.
await chmod(folder, 0o755);
const server = await startEmbeddedServer({ dataDir: folder, settings: { shared_buffers: '64MB' } });
const proxy = await startProxy(server.url);
const env = { DATABASE_URL: proxy.url, INGEST_TOKEN: INGEST, ADMIN_TOKEN: ADMIN, LOG_LEVEL: 'fatal' };
/** @type {import('./apps.mjs').App[]} */
const apps = [];
while (apps.length < Number(values.apps)) apps.push(await keepApp(env));
await untilReady(60_000);

const book = new Book();
/** @type {Record<string, number>} */
const blows = {};
const stopping = new AbortController();
const senders = Array.from({ length: Number(values.senders) }, (_, n) =>
  sendUntil({
    book,
    ports: apps.map(({ port }) => port),
    token: INGEST,
    name: `${n}`,
    signal: stopping.signal,
  }),
);
await strikeUntil(Date.now() + seconds * 1000);
stopping.abort();
await Promise.all(senders);
proxy.swallow(false);
const recovered = await untilReady(30_000);

const report = await holdAgainst();
for (const app of apps) await app.end();
await proxy.close();
await server.stop();
await rm(folder, { recursive: true, force: true });

const mishaps = [...apps.flatMap((app) => app.mishaps), ...book.wrong.map((answer) => `answered ${answer}`)];
if (!recovered) mishaps.push('not ready within 30 s after the last blow');
const lines = {
  ...book.counts,
  'slowest ms': Math.round(book.slowest),
  blows: JSON.stringify(blows),
  'stored bodies': report.stored,
  messages: report.totals.messages,
  'total credits': report.totals.credits,
  lost: report.lost.length,
  doubled: report.doubled.length,
  blurred: report.blurred.length,
  'differing sums': report.sums.length,
  mishaps: mishaps.length,
};
console.log(`Torture of ${seconds} s, ${apps.length} application(s), a blow every ${killEvery} ms`);
for (const [name, value] of Object.entries(lines)) console.log(`  ${name.padEnd(16)} ${value}`);
const details = [...report.lost, ...report.doubled, ...report.blurred, ...report.sums, ...mishaps];
for (const detail of details.slice(0, 20)) console.log(`  ! ${detail}`);
process.exit(details.length === 0 && book.counts.acknowledged > 0 ? 0 : 1);

/** One blow after the other, of a random kind. */
async function strikeUntil(/** @type {number} */ until) {
  const kinds = {
    'app killed': () => anyOf(apps)?.kill('SIGKILL'),
    'all apps killed': () => {
      for (const app of apps) app.kill('SIGKILL');
    },
    'app ended': () => anyOf(apps)?.kill('SIGTERM'),
    'database killed': () => killed(postmasterPid()),
    'backend killed': async () => killed(anyOf(await backends())),
    'connections cut': () => proxy.cut(),
    'connections cut again and again': async () => {
      for (let times = 0; times < 20; times++) {
        proxy.cut();
        await sleep(Math.random() * 50);
      }
    },
    'cut before a first body is told': () => proxy.cutBeforeAnswer('stored_numbers'),
    'cut before a commit is told': () => proxy.cutBeforeAnswer('COMMIT'),
    'packets swallowed': async () => {
      proxy.swallow(true);
      await sleep(Math.min(1500, killEvery));
      proxy.swallow(false);
    },
  };
  for (;;) {
    const pause = Math.min(killEvery, until - Date.now());
    if (pause <= 0) return;
    await sleep(pause);
    if (Date.now() >= until) return;
    const [name, strike] = /** @type {[string, () => unknown]} */ (anyOf(Object.entries(kinds)));
    blows[name] = (blows[name] ?? 0) + 1;
    await strike();
  }
}

/** @template T @param {T[]} list */
function anyOf(list) {
  return list[Math.floor(Math.random() * list.length)];
}

function killed(/** @type {number | undefined} */ pid) {
  if (!pid) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was not there at this moment.
  }
}

function postmasterPid() {
  try {
    return Number.parseInt(readFileSync(join(folder, 'postgres', 'postmaster.pid'), 'utf8'), 10);
  } catch {
    return undefined;
  }
}

/** Every process whose parent is the database's. */
async function backends() {
  const parent = postmasterPid();
  const pids = (await readdir('/proc').catch(() => [])).map(Number).filter(Number.isInteger);
  return pids.filter((pid) => {
    try {
      return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) === parent;
    } catch {
      return false;
    }
  });
}

async function untilReady(/** @type {number} */ patience) {
  for (const until = Date.now() + patience; Date.now() < until; await sleep(100)) {
    const ready = await Promise.all(apps.map((app) => app.ready()));
    if (ready.every(Boolean)) return true;
  }
  return false;
}

async function holdAgainst() {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const found = await check(client, book);
  await client.end();
  // And what everybody else sees: the answer of the application.
  const address = `http://127.0.0.1:${apps[0]?.port}/v1/usage?bucket=none&from=2025-01-01&to=2026-01-01`;
  const answer = await fetch(address, { headers: { authorization: `Bearer ${ADMIN}` } });
  const { totals } = await answer.json();
  const credits = totals?.usage?.credits?.total_credits;
  if (credits !== found.totals.credits)
    found.sums.push(`the report answers ${credits} instead of ${found.totals.credits}`);
  return found;
}
