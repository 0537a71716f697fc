import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** The bodies that may be sent again, and how long a sender waits for its answer. */
const RECENT = 2_000;
const PATIENCE = 10_000;
/** Milliseconds between two deliveries of one sender. */
const PAUSE = 10;

/**
 * What is known of one body that was sent, by its SHA-256.
 * @typedef {{ message: string | null, credits: bigint | null, tokens: number | null, sends: number, acks: number, after: string | null }} Sent
 */

/** The book of what was sent and what was answered: the only truth that the database is held against. */
export class Book {
  /** @type {Map<string, Sent>} */
  bodies = new Map();
  counts = { sent: 0, acknowledged: 0, quarantined: 0, refused: 0, unanswered: 0, slow: 0 };
  /** Answers that the contract does not know. @type {string[]} */
  wrong = [];
  slowest = 0;
}

const hashOf = (/** @type {Buffer} */ body) => createHash('sha256').update(body).digest('hex');

/** Credits are counted in parts of 10^-12 here, so that their sums are sums of whole numbers. @param {bigint} parts */
export function asDecimal(parts) {
  const digits = parts.toString().padStart(13, '0');
  return `${digits.slice(0, -12)}.${digits.slice(-12)}`.replace(/\.?0+$/, '');
}

/**
 * Sends new messages, repeats, revisions and nonsense until it is told to stop.
 *
 * @param {{ book: Book, ports: number[], token: string, name: string, signal: AbortSignal }} options
 */
export async function sendUntil({ book, ports, token, name, signal }) {
  /** @type {Buffer[]} */
  const recent = [];
  /** The last acknowledged body of each message that this sender may revise. @type {Map<string, string>} */
  const mine = new Map();
  let count = 0;

  const remember = (/** @type {Buffer} */ body, /** @type {Omit<Sent, 'sends' | 'acks'>} */ facts) => {
    book.bodies.set(hashOf(body), { ...facts, sends: 0, acks: 0 });
    if (recent.length < RECENT) recent.push(body);
    else recent[Math.floor(Math.random() * RECENT)] = body;
    return body;
  };

  const compose = (/** @type {string} */ message, /** @type {string | null} */ after) => {
    const credits = Math.random() < 0.8 ? BigInt(`0x${randomBytes(6).toString('hex')}`) * 1000n + 1n : null;
    const tokens = credits === null ? null : Math.floor(Math.random() * 5000);
    const usage =
      credits === null
        ? {}
        : { usage: { tokens: { total_tokens: tokens }, credits: { total_credits: asDecimal(credits) } } };
    const body = Buffer.from(
      JSON.stringify({
        message_id: message,
        conversation_id: `conversation ${message.slice(0, -1)}`,
        create_time:
          1_756_684_800 +
          Math.floor(Number.parseInt(hashOf(Buffer.from(message)).slice(0, 8), 16) % 2_500_000),
        text: `“${randomBytes(8 + Math.floor(Math.random() * 400)).toString('base64')}” 你好`,
        ...usage,
      }),
    );
    return remember(body, { message, credits, tokens, after });
  };

  const nonsense = () =>
    remember(
      Buffer.concat([Buffer.from('{"message_id":'), randomBytes(20 + Math.floor(Math.random() * 200))]),
      {
        message: null,
        credits: null,
        tokens: null,
        after: null,
      },
    );

  const next = () => {
    const dice = Math.random();
    if (dice < 0.15 && recent.length > 0)
      return recent[Math.floor(Math.random() * recent.length)] ?? nonsense();
    if (dice < 0.18) return nonsense();
    const known = [...mine.keys()];
    const revised = dice < 0.35 && known[Math.floor(Math.random() * known.length)];
    if (revised) return compose(revised, mine.get(revised) ?? null);
    return compose(`${name}-${count++}`, null);
  };

  while (!signal.aborted) {
    const body = next();
    for (;;) {
      const settled = await deliver(body);
      // Half of the senders come again, the others never: both must be right.
      if (settled || signal.aborted || Math.random() < 0.5) break;
      await sleep(100 + Math.random() * 400);
    }
    await sleep(PAUSE);
  }

  /** @returns whether the delivery was answered for good */
  async function deliver(/** @type {Buffer} */ body) {
    const hash = hashOf(body);
    const facts = /** @type {Sent} */ (book.bodies.get(hash));
    facts.sends += 1;
    book.counts.sent += 1;
    const port = ports[Math.floor(Math.random() * ports.length)];
    const start = performance.now();
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/webhook`, {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(PATIENCE),
      });
      const text = await answer.text();
      const took = performance.now() - start;
      book.slowest = Math.max(book.slowest, took);
      if (took > 3_000) book.counts.slow += 1;
      if (answer.status === 503 && answer.headers.get('retry-after')) {
        book.counts.refused += 1;
        return false;
      }
      const good = facts.message !== null && answer.status === 200 && text === '{"code":200,"msg":"success"}';
      const bad = facts.message === null && answer.status === 400 && text.includes('"delivery_id"');
      if (!good && !bad) {
        book.wrong.push(`${answer.status} ${text.slice(0, 200)}`);
        return false;
      }
      facts.acks += 1;
      if (bad) book.counts.quarantined += 1;
      else {
        book.counts.acknowledged += 1;
        if (mine.size < 500) mine.set(/** @type {string} */ (facts.message), hash);
        else if (mine.has(/** @type {string} */ (facts.message)) && isNewest(facts, hash))
          mine.set(/** @type {string} */ (facts.message), hash);
      }
      return true;
    } catch {
      book.counts.unanswered += 1;
      return false;
    }
  }

  /** A late repeat of an older body must not make us believe that it was the last. */
  function isNewest(/** @type {Sent} */ facts, /** @type {string} */ hash) {
    return (
      facts.after === mine.get(/** @type {string} */ (facts.message)) ||
      mine.get(/** @type {string} */ (facts.message)) === hash
    );
  }
}
