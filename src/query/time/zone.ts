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
 * Whether a name is that of an IANA zone, in any case. Intl decides, since PostgreSQL would accept "Nonsense+5"; the
 * pattern keeps out offsets such as "+02:00", which Temporal and newer Intls accept. A zone keeps the name it was asked
 * by: which of its names Intl prefers (Asia/Katmandu or Asia/Kathmandu) depends on the version of ICU.
 */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]*$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

const lastStretches = new Map<string, Stretch>();

/**
 * The stretch of constant offset around an instant. The last one of each zone is remembered: instants are mostly asked
 * for in order, and looking one up with Temporal takes up to 0.2 ms.
 */
export function stretchAt(zone: string, instant: number): Stretch {
  // Names are remembered in one case, so that there are no more of them than zones have names.
  const key = zone.toLowerCase();
  const last = lastStretches.get(key);
  if (last && last.start <= instant && instant < last.end) return last;
  const local = at(zone, instant);
  // "previous" looks strictly before an instant, and an instant may be the first of its stretch.
  const previous = local.add({ nanoseconds: 1 }).getTimeZoneTransition('previous');
  const stretch = { ...untilNext(local), start: previous?.epochMilliseconds ?? Number.NEGATIVE_INFINITY };
  lastStretches.set(key, stretch);
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
