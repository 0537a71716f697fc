import { createHash } from 'node:crypto';
import { asDecimal } from './senders.mjs';

const PAGE = 2_000;

/** @typedef {{ lost: string[], doubled: string[], blurred: string[], sums: string[] }} Faults */

/**
 * Holds what the database has against what was sent and answered.
 *
 * @param {import('pg').Client} client
 * @param {import('./senders.mjs').Book} book
 * @returns {Promise<Faults & { stored: number, totals: { messages: number, credits: string, tokens: string } }>}
 */
export async function check(client, book) {
  /** @type {Faults} */
  const faults = { lost: [], doubled: [], blurred: [], sums: [] };
  await checkDeliveries(client, book, faults);
  const { last, stored } = await checkChanges(client, book, faults);
  const totals = sumOf(last);
  await checkMessages(client, last, faults);
  await checkSums(client, totals, faults);
  return { ...faults, stored, totals };
}

/** Each answer has its row, no row was not sent, and every byte is as it was sent. */
async function checkDeliveries(client, book, faults) {
  /** @type {Map<string, { rows: number, sources: number, bodies: number }>} */
  const seen = new Map();
  let [receivedAt, id] = ['-infinity', '00000000-0000-0000-0000-000000000000'];
  for (;;) {
    const { rows } = await client.query(
      `select received_at::text, id::text, outcome, encode(sha256, 'hex') as sha256, bytes, body, body_in from delivery
       where (received_at, id) > ($1, $2) order by received_at, id limit ${PAGE}`,
      [receivedAt, id],
    );
    for (const row of rows) {
      const known = seen.get(row.sha256) ?? { rows: 0, sources: 0, bodies: 0 };
      seen.set(row.sha256, known);
      known.rows += 1;
      if (row.outcome === 'stored' || row.outcome === 'revised') known.sources += 1;
      if (row.body === null) {
        if (row.outcome !== 'repeated' && row.body_in === null) faults.blurred.push(`${row.id} has no bytes`);
        continue;
      }
      known.bodies += 1;
      const hash = createHash('sha256').update(row.body).digest('hex');
      if (hash !== row.sha256 || row.body.length !== row.bytes || !book.bodies.has(hash))
        faults.blurred.push(`the bytes of ${row.id} are not what was sent`);
    }
    const end = rows.at(-1);
    if (!end) break;
    [receivedAt, id] = [end.received_at, end.id];
  }
  for (const [hash, sent] of book.bodies) {
    const { rows, sources, bodies } = seen.get(hash) ?? { rows: 0, sources: 0, bodies: 0 };
    if (rows < sent.acks) faults.lost.push(`${hash}: acknowledged ${sent.acks} times, kept ${rows} times`);
    if (rows > sent.sends) faults.doubled.push(`${hash}: sent ${sent.sends} times, kept ${rows} times`);
    if (sources > 1 || bodies > 1) faults.doubled.push(`${hash}: stored more than once`);
    if (sent.acks > 0 && bodies === 0) faults.lost.push(`${hash}: acknowledged, and its bytes are nowhere`);
  }
}

/** Each acknowledged body is one change, none is two, and what was sent after an answer comes after it. */
async function checkChanges(client, book, faults) {
  const { rows } = await client.query(
    `select encode(sha256, 'hex') as sha256, message_id, revision from change order by position`,
  );
  /** @type {Map<string, number>} */
  const places = new Map();
  /** Of each message: what its last usage was, and how many bodies made it. */
  const last = new Map();
  rows.forEach((row, place) => {
    const sent = book.bodies.get(row.sha256);
    if (!sent || sent.message !== row.message_id) {
      faults.blurred.push(`change ${row.sha256} was never sent`);
      return;
    }
    if (places.has(row.sha256)) faults.doubled.push(`${row.sha256}: two changes`);
    places.set(row.sha256, place);
    const state = last.get(row.message_id) ?? { credits: null, tokens: null, revision: 0 };
    state.revision += 1;
    if (sent.credits !== null) Object.assign(state, { credits: sent.credits, tokens: sent.tokens });
    if (state.revision !== row.revision) faults.blurred.push(`${row.message_id}: revision ${row.revision}`);
    last.set(row.message_id, state);
  });
  for (const [hash, sent] of book.bodies) {
    if (sent.message === null) continue;
    if (sent.acks > 0 && !places.has(hash)) faults.lost.push(`${hash}: acknowledged, and no change`);
    const before = sent.after === null ? undefined : places.get(sent.after);
    const place = places.get(hash);
    if (before !== undefined && place !== undefined && place < before)
      faults.blurred.push(`${hash}: stored before the body that it followed`);
  }
  return { last, stored: places.size };
}

function sumOf(last) {
  let credits = 0n;
  let tokens = 0n;
  for (const state of last.values()) {
    credits += state.credits ?? 0n;
    tokens += BigInt(state.tokens ?? 0);
  }
  return { messages: last.size, credits: asDecimal(credits), tokens: tokens.toString() };
}

async function checkMessages(client, last, faults) {
  const { rows } = await client.query(
    'select id, revision, trim_scale(total_credits)::text as credits, total_tokens::text as tokens from message',
  );
  if (rows.length !== last.size) faults.sums.push(`${rows.length} messages instead of ${last.size}`);
  for (const row of rows) {
    const state = last.get(row.id);
    const expected = [
      state?.revision,
      state?.credits == null ? null : asDecimal(state.credits),
      state?.tokens == null ? null : String(state.tokens),
    ];
    if (JSON.stringify(expected) !== JSON.stringify([row.revision, row.credits, row.tokens]))
      faults.blurred.push(`message ${row.id} has ${row.credits} credits, ${expected[1]} were sent`);
  }
}

/** The ledger, the sums of spans of time and those of conversations, each against the plain sum. */
async function checkSums(client, totals, faults) {
  const { rows } = await client.query(`
    select 'entries' as name, sum(total_credits) as credits, sum(total_tokens) as tokens, null::numeric as messages from usage_entry
    union all select 'spans of ' || span || ' s', sum(total_credits), sum(total_tokens), sum(messages) from usage_bucket group by span
    union all select 'conversations', sum(total_credits), null, sum(messages) from conversation`);
  for (const row of rows) {
    const credits = (row.credits ?? '0').replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
    if (credits !== totals.credits)
      faults.sums.push(`${row.name}: ${credits} credits instead of ${totals.credits}`);
    if (row.tokens !== null && row.tokens !== totals.tokens)
      faults.sums.push(`${row.name}: ${row.tokens} tokens instead of ${totals.tokens}`);
    if (row.messages !== null && Number(row.messages) !== totals.messages)
      faults.sums.push(`${row.name}: ${row.messages} messages instead of ${totals.messages}`);
  }
}
