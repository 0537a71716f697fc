import { Temporal } from 'temporal-polyfill';

/** A stretch of time in which a zone's clocks are ahead of UTC by one constant offset. All milliseconds. */
export interface Stretch {
  /** The first instant of it; -Infinity where nothing is known before. */
  start: number;
  /** The first instant after it; Infinity where nothing is known to follow. */
  end: number;
  offset: number;
}

/**
 * The IANA zone of a name in the spelling of the zone database, or null. Intl decides what is one, since PostgreSQL would
 * accept "Nonsense+5"; the pattern keeps out offsets such as "+02:00", which Temporal and newer Intls accept.
 */
export function zoneOf(name: string): string | null {
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]*$/.test(name)) return null;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId;
  } catch {
    return null;
  }
}

const lastStretches = new Map<string, Stretch>();

/**
 * The stretch of constant offset around an instant. The last one of each zone is remembered: instants are mostly asked
 * for in order, and looking one up with Temporal takes up to 0.2 ms.
 */
export function stretchAt(zone: string, instant: number): Stretch {
  const last = lastStretches.get(zone);
  if (last && last.start <= instant && instant < last.end) return last;
  const local = at(zone, instant);
  // "previous" looks strictly before an instant, and an instant may be the first of its stretch.
  const previous = local.add({ nanoseconds: 1 }).getTimeZoneTransition('previous');
  const stretch = { ...untilNext(local), start: previous?.epochMilliseconds ?? Number.NEGATIVE_INFINITY };
  lastStretches.set(zone, stretch);
  return stretch;
}

/** All stretches that have a part in [from, to), in order. */
export function stretchesIn(zone: string, from: number, to: number): Stretch[] {
  const stretches = [stretchAt(zone, from)];
  for (let start = stretches[0]!.end; start < to; start = stretches.at(-1)!.end)
    stretches.push({ start, ...untilNext(at(zone, start)) });
  return stretches;
}

const at = (zone: string, instant: number) =>
  Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone);

function untilNext(local: Temporal.ZonedDateTime): { end: number; offset: number } {
  const next = local.getTimeZoneTransition('next');
  return { end: next?.epochMilliseconds ?? Number.POSITIVE_INFINITY, offset: local.offsetNanoseconds / 1e6 };
}
