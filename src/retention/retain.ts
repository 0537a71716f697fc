import type pg from 'pg';
import {
  countBodies,
  countContents,
  dropBodies,
  dropContents,
  listAgents,
  monthsBefore,
  readPosition,
  readState,
  saveState,
  shrink,
} from './retention.sql.js';

const DAY = 24 * 60 * 60 * 1000;
/** Rows of one step. */
const BODIES = 2_000;
const MESSAGES = 500;
/** One run at a time, in all processes. */
const RETENTION_LOCK = 4_270_003;

/** Days; null is for ever. */
export interface Limits {
  raw: number | null;
  content: number | null;
}

export interface Gone {
  months: { month: string; bodies: number; bytes: number; waiting: number }[];
  messages: number;
}

/**
 * What goes, or with `isDryRun` would go, by the limits: raw bodies of months that ended so many days ago, and texts and
 * pieces of messages dated before that. Where content goes after fewer days than raw bodies, these go with it, for they
 * hold the same texts. Figures, entries, ids and digests stay, and so does what waits in quarantine.
 * @returns null where another process is at it
 */
export async function retain(
  client: pg.ClientBase,
  limits: Limits,
  now: Date,
  isDryRun: boolean,
): Promise<Gone | null> {
  const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [
    RETENTION_LOCK,
  ]);
  if (!rows[0]?.mine) return null;
  try {
    return await retainAlone(client, limits, now, isDryRun);
  } finally {
    await client.query('select pg_advisory_unlock($1)', [RETENTION_LOCK]);
  }
}

async function retainAlone(
  client: pg.ClientBase,
  { raw, content }: Limits,
  now: Date,
  isDryRun: boolean,
): Promise<Gone> {
  const state = await readState(client);
  const position = await readPosition(client);
  const daysAgo = (days: number | null) =>
    days === null ? new Date(0) : new Date(now.getTime() - days * DAY);
  const rawBefore = daysAgo(raw === null || content === null ? (raw ?? content) : Math.min(raw, content));
  const contentBefore = daysAgo(content);

  const gone: Gone = { months: [], messages: 0 };
  for (const month of await monthsBefore(client, rawBefore)) {
    const doneBefore = Date.parse(month.end) <= state.rawBefore.getTime();
    const counts = await countBodies(client, month, doneBefore);
    if (counts.bodies === 0 && counts.waiting === 0) continue;
    gone.months.push({ month: month.partition.slice(-7).replace('_', '-'), ...counts });
    if (isDryRun || counts.bodies === 0) continue;
    while ((await dropBodies(client, month, doneBefore, BODIES)) > 0);
    await shrink(client, month);
  }
  if (content !== null) {
    for (const agent of await listAgents(client)) {
      if (isDryRun) gone.messages += await countContents(client, agent, contentBefore, state);
      else gone.messages += await dropAllContents(client, agent, contentBefore, state);
    }
  }
  if (!isDryRun) await saveState(client, { rawBefore, contentBefore, contentPosition: position });
  return gone;
}

async function dropAllContents(
  client: pg.ClientBase,
  agent: string,
  before: Date,
  state: Awaited<ReturnType<typeof readState>>,
): Promise<number> {
  let all = 0;
  for (let from = state.contentBefore; ; ) {
    const { count, last } = await dropContents(client, agent, before, from, state, MESSAGES);
    if (count === 0) return all;
    all += count;
    from = last ?? from;
  }
}
