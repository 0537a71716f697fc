import type pg from 'pg';
import { readReportRange } from '../query/time/range.js';
import {
  type ClosedRange,
  type Evidence,
  type Linked,
  readAsStored,
  readAuditEvidence,
  readDocument,
  readLinked,
  readRanges,
  TOLERANCE_MS,
} from './evidence.sql.js';

const MINUTE_MS = 60_000;
/** Offsets of zones are multiples of it, and since 2000 none but 0 is below an hour or above 14. */
const QUARTER_HOUR_MS = 15 * MINUTE_MS;
const LEAST_SHIFT_MS = 55 * MINUTE_MS;
const MOST_SHIFT_MS = (14 * 60 + 5) * MINUTE_MS;
/** A request that took longer between two of its times is rare, and proves nothing. */
const REQUEST_MS = 2 * MINUTE_MS;

/**
 * All that says of a stored time whether it is right.
 * @param zone that of the sessions which may have shifted it
 */
export async function readEvidence(client: pg.ClientBase, zone: string | null): Promise<Evidence[]> {
  const evidence = [
    ...(await readAuditEvidence(client, zone)),
    ...(await readRangeEvidence(client, zone)),
  ].filter((one) => one.kind !== 'clock' || isComparable(one));
  return evidence.sort((a, b) => (a.event < b.event ? -1 : a.event > b.event ? 1 : 0));
}

/** Whether two clocks differ by nothing, or by what a zone makes; anything else is the fault of one of the clocks. */
function isComparable({ stored, right }: Evidence): boolean {
  const apart = Math.abs(stored.getTime() - right.getTime());
  const rest = apart % QUARTER_HOUR_MS;
  const isWhole = Math.min(rest, QUARTER_HOUR_MS - rest) <= REQUEST_MS;
  return apart <= TOLERANCE_MS || (isWhole && apart >= LEAST_SHIFT_MS && apart <= MOST_SHIFT_MS);
}

export const isWrong = ({ kind, stored, right }: Evidence): boolean =>
  kind === 'order' || !isNear(stored, right, kind === 'exact' ? 0 : TOLERANCE_MS);

export const isNear = (one: Date, other: Date, tolerance = TOLERANCE_MS): boolean =>
  Math.abs(one.getTime() - other.getTime()) <= tolerance;

async function readRangeEvidence(client: pg.ClientBase, zone: string | null): Promise<Evidence[]> {
  const evidence: Evidence[] = [];
  for (const closed of await readRanges(client)) {
    const right = await rightRange(client, closed);
    const shifted = zone === null ? [] : await readAsStored(client, zone, [right.from, right.to]);
    const of = {
      event: BigInt(closed.event ?? 0),
      kind: 'exact',
      table: 'statement',
      id: closed.id,
    } as const;
    evidence.push(
      { ...of, column: 'range_from', stored: closed.from, right: right.from, shifted: shifted[0] ?? null },
      { ...of, column: 'range_to', stored: closed.to, right: right.to, shifted: shifted[1] ?? null },
    );
  }
  return evidence;
}

/**
 * What a statement's range must be: its period in its zone. Where that is not what was stored, the document says on
 * which instants it was closed, for the rules of a zone may have changed since.
 */
async function rightRange(client: pg.ClientBase, closed: ClosedRange): Promise<{ from: Date; to: Date }> {
  const range = rangeOfPeriod(closed);
  if (range && isNear(range.from, closed.from, 0) && isNear(range.to, closed.to, 0)) return range;
  return rangeIn(await readDocument(client, closed.id)) ?? range ?? closed;
}

/** Null for a zone that this Node does not know. */
function rangeOfPeriod({ period, tz }: ClosedRange): { from: Date; to: Date } | null {
  try {
    return readReportRange({ period, tz }, tz, new Date());
  } catch {
    return null;
  }
}

function rangeIn(document: Buffer | null): { from: Date; to: Date } | null {
  try {
    const { from, to } = JSON.parse(String(document)) as { from: string; to: string };
    const range = { from: new Date(from), to: new Date(to) };
    return Number.isNaN(range.from.getTime() + range.to.getTime()) ? null : range;
  } catch {
    return null;
  }
}

const iso = (instant: Date) => instant.toISOString();

/** A line for a person for each time that is proved to be wrong. */
export async function describeWrongRows(client: pg.ClientBase): Promise<string[]> {
  // In the order of the trail, and of one line what says more first.
  const wrong = (await readEvidence(client, null)).filter(isWrong);
  const described = new Map<string, string>();
  for (const one of wrong) {
    const name = `${one.table} ${one.id} ${one.column}`;
    if (!described.has(name)) described.set(name, describeEvidence(one));
  }
  const lines = [...described.values()];
  for (const linked of await readLinked(client)) {
    const isLineWrong = described.has(`audit_event ${linked.event} at`);
    if (isLineWrong || !isNear(linked.stored, linked.at)) lines.push(describeLinked(linked, isLineWrong));
  }
  return lines;
}

function describeEvidence({ kind, table, id, column, stored, right, event }: Evidence): string {
  const says = `${table} ${id}: ${column} is ${iso(stored)}`;
  if (table === 'statement') return `${says}, its period in its zone says ${iso(right)}`;
  if (kind === 'exact') return `${says}, line ${event} of the audit trail says ${iso(right)}`;
  if (kind === 'clock') return `${says}, what it records was stored at ${iso(right)}`;
  return `${says}, out of order with the line of ${iso(right)}`;
}

function describeLinked({ table, id, column, event, stored, at }: Linked, isLineWrong: boolean): string {
  const says = `${table} ${id}: ${column} is ${iso(stored)}`;
  return isNear(stored, at) && isLineWrong
    ? `${says}, as line ${event} of the audit trail, which is wrong`
    : `${says}, line ${event} of the audit trail says ${iso(at)}`;
}
