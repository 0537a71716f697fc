import type pg from 'pg';
import { connectAsIs } from '../database/connect.js';
import { isWrong, readEvidence } from './evidence.js';

/** How the sessions of earlier versions were set, and what was done about it. */
export interface EarlierSessions {
  /** The last line of the audit trail that they wrote; 0 in a database that none of them wrote to. */
  lastEvent: bigint;
  timeZone: string | null;
  isReported: boolean;
  repairedAt: Date | null;
  repairedZone: string | null;
}

/** What a session is that nobody sets. */
export interface SessionDefaults {
  timeZone: string;
  dateStyle: string;
  /** Whether the clocks of the zone show UTC, whatever its name. */
  isUtc: boolean;
}

export async function readEarlierSessions(client: pg.ClientBase | pg.Pool): Promise<EarlierSessions> {
  const { rows } = await client.query<Omit<EarlierSessions, 'lastEvent'> & { lastEvent: string }>(
    `select last_audit_event::text as "lastEvent", time_zone as "timeZone", reported_at is not null as "isReported",
       repaired_at as "repairedAt", repaired_zone as "repairedZone" from earlier_sessions`,
  );
  const [row] = rows;
  return { ...row!, lastEvent: BigInt(row!.lastEvent) };
}

/**
 * Says once, at the first start of this version on a database of an earlier one, what that one stored wrong. If the
 * process ends before that is noted, the next start says it again.
 */
export async function reportEarlierSessions(
  pool: pg.Pool,
  url: string,
  tell: (sentence: string) => void,
): Promise<void> {
  const { lastEvent, isReported } = await readEarlierSessions(pool);
  if (lastEvent === 0n || isReported) return;
  const defaults = await readSessionDefaults(url);
  const client = await pool.connect();
  let isProved: boolean;
  try {
    isProved = (await readEvidence(client, null)).some(isWrong);
  } finally {
    client.release();
  }
  for (const sentence of describeEarlierSessions(defaults, isProved)) tell(sentence);
  await pool.query(
    'update earlier_sessions set time_zone = $1, date_style = $2, reported_at = now() where reported_at is null',
    [defaults.timeZone, defaults.dateStyle],
  );
}

/** On a connection that, like those of the earlier versions, sets nothing. */
export async function readSessionDefaults(url: string): Promise<SessionDefaults> {
  const client = await connectAsIs(url, { name: 'defaults' });
  try {
    const { rows } = await client.query<SessionDefaults>(
      `select current_setting('TimeZone') as "timeZone", current_setting('DateStyle') as "dateStyle",
         (select bool_and(instant at time zone current_setting('TimeZone') = instant at time zone 'UTC')
          from generate_series('2000-01-01T00:00:00Z'::timestamptz, '2040-01-01T00:00:00Z', interval '30 days') as instant) as "isUtc"`,
    );
    return rows[0]!;
  } finally {
    await client.end();
  }
}

export function describeEarlierSessions(
  { timeZone, dateStyle, isUtc }: SessionDefaults,
  isProved: boolean,
): string[] {
  const sentences: string[] = [];
  if (!isUtc || isProved) {
    const zone = isUtc ? 'ZONE' : timeZone;
    const cause = isUtc
      ? 'An earlier version wrote to this database while its sessions were not in UTC'
      : `Sessions of this database are by default in the time zone ${timeZone}, not in UTC`;
    sentences.push(
      `${cause}, so times that it stored may be shifted in the tables statement, api_key, audit_event and agent, and by an hour in credit_price where clocks went back (retention_state was checked and is right). "npm run verify" names each row that can be proved wrong; "npm run repair -- --zone ${zone} --dry-run" shows what would be mended.`,
    );
  }
  if (!/^ISO\b/i.test(dateStyle)) {
    sentences.push(
      `Sessions of this database have by default the DateStyle "${dateStyle}", with which an earlier version stored times right, but answered many requests with 500 after it had done what they asked for: look for keys and agents that nobody knows of (tables api_key and agent), for deliveries that were dismissed, and for erasures that stopped at "conversation.erasing" (audit_event). It could close no month (statement), add no price (credit_price) and run no retention (retention_state).`,
    );
  }
  return sentences;
}
