// Baseline (b): four plain rows (conversation, message, piece, usage) in one transaction per delivery, straight through
// the driver over 32 connections, without HTTP. Arguments as JSON: { url, bodies, seconds, connections, rate? }.
import { readFileSync } from 'node:fs';
import pg from 'pg';

const { url, bodies, seconds, connections = 32, rate } = JSON.parse(process.argv[2]);
const deliveries = readFileSync(bodies, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line));
const admin = new pg.Client(url);
await admin.connect();
await admin.query(`
  drop schema if exists plain cascade; create schema plain;
  create table plain.conversation (id text primary key, last_message_at timestamptz not null);
  create table plain.message (id text primary key, conversation_id text not null references plain.conversation, created timestamptz not null, text text);
  create table plain.piece (message_id text not null references plain.message, position int not null, text text, primary key (message_id, position));
  create table plain.usage (message_id text primary key references plain.message, total_tokens bigint, total_credits numeric)`);
await admin.end();

let next = 0;
let answered = 0;
const latencies = [];
const start = performance.now();
const end = start + seconds * 1000;
await Promise.all(Array.from({ length: connections }, run));
latencies.sort((a, b) => a - b);
const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? null;
console.log(
  JSON.stringify({
    answered,
    failed: 0,
    seconds: (performance.now() - start) / 1000,
    p50: at(0.5),
    p99: at(0.99),
  }),
);

async function run() {
  const client = new pg.Client(url);
  await client.connect();
  while (performance.now() < end && next < deliveries.length) {
    const n = next++;
    const due = rate ? start + (n * 1000) / rate : performance.now();
    const wait = due - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    const since = rate ? due : performance.now();
    await store(client, deliveries[n]);
    latencies.push(performance.now() - since);
    answered += 1;
  }
  await client.end();
}

async function store(client, d) {
  const created = new Date(d.create_time * 1000);
  const text = d.output?.[0].content.text ?? d.text;
  await client.query('begin');
  await client.query({
    name: 'c',
    text: 'insert into plain.conversation values ($1, $2) on conflict (id) do update set last_message_at = greatest(conversation.last_message_at, excluded.last_message_at)',
    values: [d.conversation_id, created],
  });
  await client.query({
    name: 'm',
    text: 'insert into plain.message values ($1, $2, $3, $4) on conflict (id) do update set text = excluded.text',
    values: [d.message_id, d.conversation_id, created, text],
  });
  await client.query({
    name: 'p',
    text: 'insert into plain.piece values ($1, 1, $2) on conflict (message_id, position) do update set text = excluded.text',
    values: [d.message_id, text],
  });
  await client.query({
    name: 'u',
    text: 'insert into plain.usage values ($1, $2, $3) on conflict (message_id) do update set total_tokens = excluded.total_tokens, total_credits = excluded.total_credits',
    values: [d.message_id, d.usage?.tokens.total_tokens ?? null, d.usage?.credits.total_credits ?? null],
  });
  await client.query('commit');
}
