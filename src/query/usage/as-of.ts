import { Temporal } from 'temporal-polyfill';
import { badRequest } from '../../errors/problem.js';
import { DATE, INSTANT, LOST_PLUS, startOf } from '../time/range.js';

/** Nothing was recorded before it, so an earlier instant asks the same. */
const FIRST = Date.UTC(2000, 0, 1);

/** The millisecond that an instant lies in, whose text has the form of `INSTANT`. @throws for a day that the calendar does not have */
export const cutToMillisecond = (text: string): Date =>
  // Of a fraction, Temporal reads nine digits at most.
  new Date(Temporal.Instant.from(text.replace(/(\.\d{3})\d+/, '$1')).epochMilliseconds);

/**
 * The last millisecond that an `as_of` includes. Things are recorded at whole milliseconds, so what lies beyond them
 * is cut off. A date is the first instant of it in the zone.
 * @throws 400 for what is neither a date nor an RFC 3339 instant with an offset
 */
export function readAsOf(text: string, tz: string): Date {
  const isDate = DATE.test(text);
  if (!isDate && !INSTANT.test(text)) {
    const problem = INSTANT.test(text.replace(' ', '+'))
      ? LOST_PLUS
      : 'must be a date, or an instant with its offset such as 2026-11-01T00:00:00Z';
    throw badRequest('as_of', problem);
  }
  try {
    if (isDate) return new Date(Math.max(startOf(Temporal.PlainDate.from(text), tz).getTime(), FIRST));
    return new Date(Math.max(cutToMillisecond(text).getTime(), FIRST));
  } catch {
    throw badRequest('as_of', 'must be of a day that the calendar has');
  }
}
