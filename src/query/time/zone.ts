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
 * The IANA zone of a name in the spelling of the zone database, or null. PostgreSQL would accept "Nonsense+5" and Temporal
 * "+02:00", so that the name is asked of Intl.
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
 * The stretch of constant offset around an instant. The last one of each zone is remembered: asking Temporal takes a
 * fifth of a millisecond, and instants are mostly asked for in order.
 */
export function stretchAt(zone: string, instant: number): Stretch {
  const last = lastStretches.get(zone);
  if (last && last.start <= instant && instant < last.end) return last;
  const local = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone);
  const next = local.getTimeZoneTransition('next');
  // "previous" looks strictly before an instant, and an instant may be the first of its stretch.
  const previous = local.add({ nanoseconds: 1 }).getTimeZoneTransition('previous');
  const stretch = {
    start: previous?.epochMilliseconds ?? Number.NEGATIVE_INFINITY,
    end: next?.epochMilliseconds ?? Number.POSITIVE_INFINITY,
    offset: local.offsetNanoseconds / 1e6,
  };
  lastStretches.set(zone, stretch);
  return stretch;
}

/** All stretches that have a part in [from, to), in order. */
export function stretchesIn(zone: string, from: number, to: number): Stretch[] {
  const stretches = [stretchAt(zone, from)];
  for (let end = stretches[0]!.end; end < to; end = stretches.at(-1)!.end)
    stretches.push(stretchAt(zone, end));
  return stretches;
}
