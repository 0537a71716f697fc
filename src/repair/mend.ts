import type pg from 'pg';
import { type EarlierSessions, readEarlierSessions } from './earlier-sessions.js';
import { describeWrongRows, isWrong, readEvidence } from './evidence.js';
import type { Evidence } from './evidence.sql.js';
import { isExplained, isProved, judge, type Span, spansOf, type Verdict } from './judge.js';
import { type Mended, mendExpiries, mendLines, mendLinked, mendRanges, recordRepair } from './mend.sql.js';

/** A repair that may not be done, in a sentence for the operator. */
export class CannotRepair extends Error {}

export interface Repair {
  mended: Mended[];
  /** Lines of the audit trail between a right one and a shifted one, which nothing decides. */
  undecided: Span[];
  /** What is proved wrong, but not by sessions of this zone: a line for a person each. */
  left: string[];
  /** Where nothing was left to do: when it was done, and for which zone. */
  done: { at: Date; zone: string } | null;
}

/**
 * Makes the times right that sessions of a zone stored shifted, in one transaction, with a line in the audit trail.
 * Documents of statements stay as they are.
 * @param isDryRun does the same, and takes it back
 * @throws CannotRepair where the zone is none, or where nothing proves that sessions were in it
 */
export async function repairShifted(client: pg.ClientBase, zone: string, isDryRun: boolean): Promise<Repair> {
  await refuseUnknownZone(client, zone);
  await client.query('begin');
  try {
    // Nothing is closed, made or recorded meanwhile; questions go on.
    await client.query(`set local lock_timeout = '10s'`);
    await client.query('lock table statement, api_key, agent, audit_event in share row exclusive mode');
    const repair = await repairLocked(client, zone);
    if (!isDryRun && repair.mended.length > 0) await recordRepair(client, zone, repair.mended);
    await client.query(isDryRun ? 'rollback' : 'commit');
    return repair;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw explained(error);
  }
}

async function repairLocked(client: pg.ClientBase, zone: string): Promise<Repair> {
  const sessions = await readEarlierSessions(client);
  const evidence = await readEvidence(client, zone);
  const verdicts = judge(evidence);
  const isShifted = isProved(evidence);
  if (!isShifted && sessions.repairedAt !== null && sessions.repairedZone !== null) {
    const done = { at: sessions.repairedAt, zone: sessions.repairedZone };
    return { mended: [], undecided: [], left: await describeWrongRows(client), done };
  }
  const { shifted, undecided } = isShifted
    ? spansOf(verdicts, sessions.lastEvent)
    : { shifted: [wholeTrail(sessions, verdicts, zone)], undecided: [] };

  const mended = await mend(client, zone, evidence, shifted);
  if (mended.length === 0)
    throw new CannotRepair(`No time is shifted as in sessions of ${zone}. Nothing was changed.`);
  await refuseUnlikely(client, zone, mended);
  return { mended, undecided, left: await describeWrongRows(client), done: null };
}

/** Where nothing can be proved either way, the zone that sessions had at the first start of this version is proof enough. */
function wholeTrail(
  { lastEvent, timeZone, repairedAt }: EarlierSessions,
  verdicts: Map<bigint, Verdict>,
  zone: string,
): Span {
  if ([...verdicts.values()].includes('other')) {
    throw new CannotRepair(
      `Times are stored wrong, but not as sessions of ${zone} would have stored them. Nothing was changed. Name the time zone that the server, the database or the role had.`,
    );
  }
  if (lastEvent > 0n && timeZone === zone && verdicts.size === 0 && repairedAt === null)
    return { first: 1n, last: lastEvent };
  throw new CannotRepair('No row can be proved to be shifted. Nothing was changed.');
}

async function mend(
  client: pg.ClientBase,
  zone: string,
  evidence: Evidence[],
  spans: Span[],
): Promise<Mended[]> {
  const clocks = evidence.filter(({ kind }) => kind === 'clock');
  const right = clocks.filter((one) => !isWrong(one)).map(({ event }) => event);
  const wrong = evidence.filter((one) => one.kind === 'exact' && isWrong(one));
  // Of a statement both bounds are explained, or none is touched.
  const foreign = new Set(wrong.filter((one) => !isExplained(one)).map(({ id }) => id));
  const exact = wrong.filter(({ id }) => !foreign.has(id));
  await client.query('alter table statement disable trigger user');
  await client.query('alter table audit_event disable trigger user');
  const mended = [
    ...(await mendRanges(client, exact)),
    ...(await mendExpiries(client, exact)),
    ...(await mendLines(client, zone, spans, clocks, right)),
    // By the lines, which are right now.
    ...(await mendLinked(client, zone)),
  ];
  await client.query('alter table audit_event enable trigger user');
  await client.query('alter table statement enable trigger user');
  return mended;
}

/** What was mended must be right by all that is known, or the zone was another one. */
async function refuseUnlikely(client: pg.ClientBase, zone: string, mended: Mended[]): Promise<void> {
  const touched = new Set(mended.map(({ table, id, column }) => `${table} ${id} ${column}`));
  const still = (await readEvidence(client, null)).filter(
    (one) => isWrong(one) && touched.has(`${one.table} ${one.id} ${one.column}`),
  );
  const { rows } = await client.query<{ now: Date }>('select now()');
  const isFuture = mended.some(({ column, after }) => PAST.includes(column) && after > rows[0]!.now);
  if (still.length > 0 || isFuture) {
    throw new CannotRepair(
      `With sessions of ${zone}, times would lie in the future or out of order. Nothing was changed. Name the time zone that the server, the database or the role had.`,
    );
  }
}

const PAST = ['at', 'created_at', 'revoked_at'];

async function refuseUnknownZone(client: pg.ClientBase, zone: string): Promise<void> {
  await client.query(`select now() at time zone $1::text`, [zone]).catch(() => {
    throw new CannotRepair(`PostgreSQL knows no time zone ${JSON.stringify(zone)}.`);
  });
}

function explained(error: unknown): unknown {
  const { code } = error as { code?: string };
  if (code === '55P03') return new CannotRepair('The tables are in use. Nothing was changed; try again.');
  if (code === '42501') {
    return new CannotRepair(
      'Only the owner of the tables may repair them: run this as the user that Convoledger runs as. Nothing was changed.',
    );
  }
  return error;
}
