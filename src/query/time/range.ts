import { Temporal } from 'temporal-polyfill';
import type { FieldProblem } from '../../errors/problem.js';
import { badParameters } from '../../errors/strict.pipe.js';
import { zoneOf } from './zone.js';

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
 * @throws 400 that names each parameter that cannot be used
 */
export function readListRange(asked: RangeParameters, defaultTz: string): OpenRange {
  const tz = readZone(asked.tz ?? defaultTz);
  if (asked.period !== undefined) return { ...readPeriod(asked, tz), tz };
  const range = { from: readInstant('from', asked.from, tz), to: readInstant('to', asked.to, tz), tz };
  if (range.from && range.to && range.to <= range.from) throw bad('to', 'must be after from');
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

const bad = (field: string, problem: string) => badParameters([{ field, problem } satisfies FieldProblem]);

function readZone(name: string): string {
  const zone = zoneOf(name);
  if (zone === null) throw bad('tz', 'must be the IANA name of a time zone, such as Europe/Berlin');
  return zone;
}

function readPeriod({ period = '', from, to }: RangeParameters, tz: string): { from: Date; to: Date } {
  if (from !== undefined || to !== undefined)
    throw bad('period', 'must not be given together with from or to');
  if (!/^(?!0000|9999)\d{4}-(0[1-9]|1[0-2])$/.test(period))
    throw bad('period', 'must be a month such as 2026-10');
  return monthOf(Temporal.PlainYearMonth.from(period), tz);
}

function monthOf(month: Temporal.PlainYearMonth, tz: string): { from: Date; to: Date } {
  const firstOf = (yearMonth: Temporal.PlainYearMonth) => startOf(yearMonth.toPlainDate({ day: 1 }), tz);
  return { from: firstOf(month), to: firstOf(month.add({ months: 1 })) };
}

/** The first instant of a local date; where a zone skipped the date, the first one after it. */
function startOf(date: Temporal.PlainDate, tz: string): Date {
  return new Date(date.toZonedDateTime(tz).epochMilliseconds);
}

// The year 9999 would end in a year of five digits, which RFC 3339 cannot say.
const DATE = /^(?!0000|9999)\d{4}-\d{2}-\d{2}$/;
const INSTANT =
  /^((?!0000|9999)\d{4}-\d{2}-\d{2}[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d+))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const EXPECTED =
  'must be a date such as 2026-10-01, or an instant with its offset such as 2026-10-01T00:00:00Z';

function readInstant(field: string, text: string | undefined, tz: string): Date | null {
  if (text === undefined) return null;
  try {
    if (DATE.test(text)) return startOf(Temporal.PlainDate.from(text), tz);
    const match = INSTANT.exec(text);
    if (match) return atMillisecond(match[1]!, match[2] ?? '', match[3]!);
  } catch {
    // Temporal refuses a date that no calendar has.
    throw bad(field, EXPECTED);
  }
  const lostPlus = INSTANT.test(text.replace(' ', '+'));
  throw bad(
    field,
    lostPlus ? 'must have the + of its offset written as %2B, since + in an address is a space' : EXPECTED,
  );
}

/** Data has milliseconds: whatever lies beyond them decides between one millisecond and the next, which is rounding up. */
function atMillisecond(dateTime: string, fraction: string, offset: string): Date {
  const whole = Temporal.Instant.from(`${dateTime}${offset}`).epochMilliseconds;
  const rest = Number(fraction.padEnd(3, '0').slice(0, 3)) + (/[1-9]/.test(fraction.slice(3)) ? 1 : 0);
  return new Date(whole + rest);
}
