/**
 * The version of the time zone rules by which local days are computed, such as "2026c". They come with Node, and Temporal
 * reads them through Intl; the zones of the system and of PostgreSQL play no part.
 */
export const TZDATA = process.versions.tz ?? 'unknown';

/**
 * Days on which versions were released, where that is known here. A version names its year only: one that is not listed
 * counts as released at the end of it, so that no rules are called older than they are.
 */
const RELEASED: Record<string, string> = {
  '2025a': '2025-01-15',
  '2025b': '2025-03-22',
  '2025c': '2025-12-10',
};

const MAX_AGE_MONTHS = 18;

/** A sentence where rules are older than 18 months, or nobody can say which rules they are; else null. */
export function oldRulesWarning(version: string, now: Date): string | null {
  const year = /^(\d{4})[a-z]+$/.exec(version)?.[1];
  if (year === undefined)
    return 'This Node.js does not say which time zone rules it has. Install one with full ICU, as nodejs.org has them.';
  const released = new Date(`${RELEASED[version] ?? `${year}-12-31`}T00:00:00Z`);
  const end = new Date(released);
  end.setUTCMonth(end.getUTCMonth() + MAX_AGE_MONTHS);
  if (now <= end) return null;
  return `The time zone rules of this Node.js (tzdata ${version}) are older than ${MAX_AGE_MONTHS} months, so days and months of zones whose rules have changed since may begin at the wrong instant. Update Node.js.`;
}
