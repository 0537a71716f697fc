// What the benchmark of ingest needs of the machine: processes, the load generator, and what they cost.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import pg from 'pg';

export const here = (name) => new URL(name, import.meta.url).pathname;
const MICROSECONDS = 1e6;

/** Starts a program that prints its port, and says how long that took, in milliseconds. */
export async function start(program, env = {}, nodeOptions = []) {
  const began = performance.now();
  const child = spawn(process.execPath, [...nodeOptions, program], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await portOf(child);
  return { child, port, startedIn: performance.now() - began };
}

export async function stop({ child }) {
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('exit', resolve));
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

/** Runs a program that prints one line of JSON, with arguments as JSON. Every answer must be a good one. */
export function run(program, args) {
  const { stdout, stderr } = spawnSync(process.execPath, [here(program), JSON.stringify(args)], {
    encoding: 'utf8',
  });
  if (!stdout) throw new Error(stderr);
  const result = JSON.parse(stdout);
  if (result.failed > 0) throw new Error(`${result.failed} requests failed`);
  return { ...result, rate: result.answered / result.seconds };
}

/** Runs a program to its end, and says how many seconds it took. */
export function time(program, args, env) {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stdout + stderr);
  return (performance.now() - began) / 1000;
}

/** Runs it, and says what one answer cost: microseconds of CPU, and bytes that the database wrote ahead. */
export async function runCosting(program, args, { pid, url }) {
  const postmaster = await postmasterOf(url);
  const before = { cpu: cpu(pid, postmaster), wal: await walOf(url) };
  const result = run(program, args);
  const after = { cpu: cpu(pid, postmaster), wal: await walOf(url) };
  const per = (spent) => spent / result.answered;
  return {
    ...result,
    appCpu: per((after.cpu.app - before.cpu.app) * MICROSECONDS),
    databaseCpu: per((after.cpu.database - before.cpu.database) * MICROSECONDS),
    bytesWritten: per(after.wal - before.wal),
    rss: pid ? megabytes(pid) : null,
  };
}

const walOf = async (url) => Number(await ask(url, `select pg_current_wal_insert_lsn() - '0/0'::pg_lsn`));

async function postmasterOf(url) {
  const folder = await ask(url, 'show data_directory');
  return Number(readFileSync(`${folder}/postmaster.pid`, 'utf8').split('\n')[0]);
}

async function ask(url, query) {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query({ text: query, rowMode: 'array' });
  await client.end();
  return rows[0][0];
}

/** Seconds of CPU that a process, and all of its database server, have used so far. */
function cpu(pid, postmaster) {
  const children = spawnSync('pgrep', ['-P', String(postmaster)], { encoding: 'utf8' }).stdout;
  // Of a backend that has ended the postmaster remembers what it used.
  const backends = children
    .split('\n')
    .filter(Boolean)
    .map((child) => used(child));
  const database = backends.reduce((sum, { own }) => sum + own, 0) + used(postmaster).withChildren;
  return { app: pid ? used(pid).own : 0, database };
}

function used(pid) {
  let stat;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return { own: 0, withChildren: 0 };
  }
  const [user, system, childrenUser, childrenSystem] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15)
    .map((ticks) => Number(ticks) / 100);
  return { own: user + system, withChildren: user + system + childrenUser + childrenSystem };
}

/** The most memory that a process ever had. */
const megabytes = (pid) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
