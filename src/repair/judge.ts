import { isNear, isWrong } from './evidence.js';
import { type Evidence, TOLERANCE_MS } from './evidence.sql.js';

/**
 * What the evidence says of the session that wrote a line of the audit trail: that it was in the zone asked for, that it
 * was in UTC, or that it was in another zone still.
 */
export type Verdict = 'shifted' | 'right' | 'other';

/** Lines of the audit trail, both ends included. */
export interface Span {
  first: bigint;
  last: bigint;
}

/** Whether a session of the zone would have stored what is stored, in place of what is right. */
export function isExplained({ kind, stored, right, shifted }: Evidence): boolean {
  if (shifted === null) return false;
  if (kind !== 'order') return isNear(stored, shifted, kind === 'exact' ? 0 : TOLERANCE_MS);
  // The line is of the nearest dated one or later: a session of the zone put it behind, or before, where it put that one.
  return stored < right
    ? stored.getTime() >= shifted.getTime() - TOLERANCE_MS
    : stored.getTime() <= shifted.getTime() + TOLERANCE_MS;
}

/**
 * Whether anything proves that sessions were in the zone. Order alone proves no zone where something stronger is wrong: it
 * fits every zone that is further from UTC than the one they were in.
 */
export function isProved(evidence: Evidence[]): boolean {
  const wrong = evidence.filter(isWrong);
  const strong = wrong.filter(({ kind }) => kind !== 'order');
  return (strong.length > 0 ? strong : wrong).some(isExplained);
}

/** The verdict on each line of which there is one. Order is weak, and heard only where there is nothing else. */
export function judge(evidence: Evidence[]): Map<bigint, Verdict> {
  const byEvent = new Map<bigint, Evidence[]>();
  for (const one of evidence.filter(({ event }) => event > 0n))
    byEvent.set(one.event, [...(byEvent.get(one.event) ?? []), one]);
  const verdicts = new Map<bigint, Verdict>();
  for (const [event, all] of byEvent) {
    const strong = all.filter(({ kind }) => kind !== 'order');
    const verdict = verdictOf(strong.length > 0 ? strong : all);
    if (verdict !== null) verdicts.set(event, verdict);
  }
  return verdicts;
}

function verdictOf(evidence: Evidence[]): Verdict | null {
  const wrong = evidence.filter(isWrong);
  if (wrong.length > 0) return wrong.some(isExplained) ? 'shifted' : 'other';
  // Where the zone's clocks show UTC, as London's do in winter, right and shifted are the same.
  return evidence.some((one) => !isExplained(one)) ? 'right' : null;
}

/**
 * The lines that were written in sessions of the zone: those that are proved to be, and those between two such, or
 * before the first or after the last of all verdicts where that one is such. What lies between a shifted line and a
 * right one is undecided.
 * @param last the last line of a version that did not fix its sessions
 */
export function spansOf(
  verdicts: Map<bigint, Verdict>,
  last: bigint,
): { shifted: Span[]; undecided: Span[] } {
  const known = [...verdicts].sort(([a], [b]) => (a < b ? -1 : 1));
  const shifted: Span[] = [];
  const undecided: Span[] = [];
  for (let index = 0; index <= known.length; index += 1) {
    const [before, verdictBefore] = known[index - 1] ?? [0n, null];
    const [after, verdictAfter] = known[index] ?? [last + 1n, null];
    const around = [verdictBefore, verdictAfter].filter((verdict) => verdict !== null);
    const gap = { first: before + 1n, last: after <= last ? after - 1n : last };
    const isShifted = around.length > 0 && around.every((verdict) => verdict === 'shifted');
    if (gap.first <= gap.last) {
      if (isShifted) shifted.push(gap);
      else if (around.includes('shifted')) undecided.push(gap);
    }
    if (verdictAfter === 'shifted') shifted.push({ first: after, last: after });
  }
  return { shifted, undecided };
}
