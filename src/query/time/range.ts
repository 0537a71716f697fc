import { Temporal } from 'temporal-polyfill';
import type { FieldProblem } from '../../errors/problem.js';
import { badParameters } from '../../errors/strict.pipe.js';
import { isZone } from './zone.js';

/** Half-open: `from` belongs to it, `to` does not. */
export interface TimeRange {
  from: Date;
  to: Date;
  tz: string;
}

/** A range that may be open on either side. */
export interface OpenRange {
  from: Date | null;
  to: Date | null;
  tz: string;
}

/** What was asked for, as it came. */
export interface RangeParameters {
  from?: string;
  to?: string;
  period?: string;
  tz?: string;
}

/**
 * The range of a list, where every parameter may be left out.
 * @throws 400 that names the zone, where it is none, or else each parameter that cannot be used
 */
export function readListRange(asked: RangeParameters, defaultTz: string): OpenRange {
  const tz = readZone(asked.tz ?? defaultTz);
  if (asked.period !== undefined) return { ...readPeriod(asked, tz), tz };
  const problems: FieldProblem[] = [];
  const read = (field: 'from' | 'to'): Date | null => {
    const text = asked[field];
    if (text === undefined) return null;
    const instant = readInstant(text, tz);
    if (instant instanceof Date) return instant;
    problems.push({ field, problem: instant });
    return null;
  };
  const range = { from: read('from'), to: read('to'), tz };
  if (problems.length > 0) throw badParameters(problems);
  if (range.from && range.to && range.to <= range.from)
    throw bad('to', 'must be after from, by a millisecond at least');
  return range;
}

/**
 * The range of a report: the current local month where none is named; `from` alone runs to the end of today.
 * @throws 400 that names each parameter that cannot be used
 */
export function readReportRange(asked: RangeParameters, defaultTz: string, now: Date): TimeRange {
  const { from, to, tz } = readListRange(asked, defaultTz);
  if (from && to) return { from, to, tz };
  if (to) throw bad('from', 'must be given where to is');
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(tz).toPlainDate();
  if (!from) return { ...monthOf(today.toPlainYearMonth(), tz), tz };
  const endOfToday = startOf(today.add({ days: 1 }), tz);
  if (from >= endOfToday) throw bad('from', 'must not be after today where no to is given');
  return { from, to: endOfToday, tz };
}

const bad = (field: string, problem: string) => badParameters([{ field, problem }]);

function readZone(name: string): string {
  if (!isZone(name)) throw bad('tz', 'must be the IANA name of a time zone, such as Europe/Berlin');
  return name;
}

function readPeriod({ period = '', from, to }: RangeParameters, tz: string): { from: Date; to: Date } {
  if (from !== undefined || to !== undefined)
    throw bad('period', 'must not be given together with from or to');
  if (!/^(?!0000)\d{4}-(0[1-9]|1[0-2])$/.test(period)) throw bad('period', 'must be a month such as 2026-10');
  const month = monthOf(Temporal.PlainYearMonth.from(period), tz);
  if (!isSayable(month.from) || !isSayable(month.to)) throw bad('period', UNSAYABLE);
  return month;
}

function monthOf(month: Temporal.PlainYearMonth, tz: string): { from: Date; to: Date } {
  const firstOf = (yearMonth: Temporal.PlainYearMonth) => startOf(yearMonth.toPlainDate({ day: 1 }), tz);
  return { from: firstOf(month), to: firstOf(month.add({ months: 1 })) };
}

/** The first instant of a local date; where a zone skipped the date, the first one after it. */
export function startOf(date: Temporal.PlainDate, tz: string): Date {
  return new Date(date.toZonedDateTime(tz).epochMilliseconds);
}

const FIRST_SAYABLE = Date.parse('0001-01-01T00:00:00Z');
const LAST_SAYABLE = Date.parse('9999-12-31T23:59:59.999Z');
const UNSAYABLE = 'must lie in the years 0001 to 9999, also by the clock of UTC';

/** PostgreSQL refuses the year 0000, which a date of the year 0001 becomes east of Greenwich; RFC 3339 ends with 9999. */
const isSayable = (instant: Date) => +instant >= FIRST_SAYABLE && +instant <= LAST_SAYABLE;

export const DATE = /^(?!0000)\d{4}-\d{2}-\d{2}$/;
export const INSTANT =
  /^((?!0000)\d{4}-\d{2}-\d{2}[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d+))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const EXPECTED =
  'must be a date such as 2026-10-01, or an instant with its offset such as 2026-10-01T00:00:00Z';
export const LOST_PLUS = 'must have the + of its offset written as %2B, since + in an address is a space';

/** @returns the instant, or what is wrong with the text */
function readInstant(text: string, tz: string): Date | string {
  const match = INSTANT.exec(text);
  if (!match && !DATE.test(text)) return INSTANT.test(text.replace(' ', '+')) ? LOST_PLUS : EXPECTED;
  try {
    const instant = match
      ? atMillisecond(match[1]!, match[2] ?? '', match[3]!)
      : startOf(Temporal.PlainDate.from(text), tz);
    return isSayable(instant) ? instant : UNSAYABLE;
  } catch {
    return 'must be a day that the calendar has';
  }
}

/**
 * Data has whole milliseconds, so whatever lies beyond them in a bound decides between one millisecond and the next:
 * rounding up keeps exactly the data on the same side of it.
 */
function atMillisecond(dateTime: string, fraction: string, offset: string): Date {
  const whole = Temporal.Instant.from(`${dateTime}${offset}`).epochMilliseconds;
  const rest = Number(fraction.padEnd(3, '0').slice(0, 3)) + (/[1-9]/.test(fraction.slice(3)) ? 1 : 0);
  return new Date(whole + rest);
}
