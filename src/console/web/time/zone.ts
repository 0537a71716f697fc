/** An instant as the clocks of a zone show it: `2026-10-03 06:02:03`. */
export function showInstant(instant: string | null | undefined, tz: string): string {
  if (!instant) return '–';
  return formatter(tz).format(new Date(instant)).replace(',', '');
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(tz: string): Intl.DateTimeFormat {
  const known = formatters.get(tz);
  if (known) return known;
  // Sweden writes dates as ISO 8601 does.
  const made = new Intl.DateTimeFormat('sv-SE', {
    timeZone: tz,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  formatters.set(tz, made);
  return made;
}

/** What the clocks of a zone show now: `2026-11-25T01:56:30`. */
export const nowIn = (tz: string): string => showInstant(new Date().toISOString(), tz).replace(' ', 'T');

/** The date that the calendars of a zone show now. */
export const todayIn = (tz: string): string => nowIn(tz).slice(0, 10);

const DAY_MS = 86_400_000;

/**
 * The instant at which the clocks of a zone show `2026-10-25T01:56:30`. The first one where they show it twice; where
 * they leap over it, the one as long after the leap.
 */
export function instantAt(local: string, tz: string): string {
  const wanted = Date.parse(`${local}Z`);
  const shownAt = (instant: number) =>
    Date.parse(`${showInstant(new Date(instant).toISOString(), tz).replace(' ', 'T')}Z`);
  const earlier = wanted - DAY_MS;
  const byOffsetBefore = wanted - (shownAt(earlier) - earlier);
  const later = wanted + DAY_MS;
  const byOffsetAfter = wanted - (shownAt(later) - later);
  const isOnlyAfter = shownAt(byOffsetAfter) === wanted && shownAt(byOffsetBefore) !== wanted;
  return new Date(isOnlyAfter ? byOffsetAfter : byOffsetBefore).toISOString();
}

export function isZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

export const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
