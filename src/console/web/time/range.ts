import { todayIn } from './zone.js';

/** Local dates; `to` is the day after the last one, as the API has it. */
export interface DateRange {
  from: string;
  to: string;
}

export const PRESETS = {
  today: 'Today',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
  'this-month': 'This month',
  'last-month': 'Last month',
  custom: 'Other dates',
} as const;
export type Preset = keyof typeof PRESETS;

const isDate = (text: string | null): text is string => /^\d{4}-\d{2}-\d{2}$/.test(text ?? '');

export const isPreset = (name: string | null): name is Preset => name !== null && name in PRESETS;

/** Dates are counted in UTC, where every day has 24 hours; which instants they stand for is the API's to say. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** The first day of a month, some months later. */
export function addMonths(date: string, months: number): string {
  const [year = 0, month = 1] = date.split('-').map(Number);
  return new Date(Date.UTC(year, month - 1 + months, 1)).toISOString().slice(0, 10);
}

const daysBetween = ({ from, to }: DateRange) =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);

/** The range that an address names; this month where it names none, or one that ends before it begins. */
export function readRange(params: URLSearchParams, tz: string): DateRange & { preset: Preset } {
  const today = todayIn(tz);
  const asked = params.get('range');
  const from = params.get('from');
  const to = params.get('to');
  if (asked === 'custom' && isDate(from) && isDate(to) && from < to) return { preset: 'custom', from, to };
  const preset = isPreset(asked) && asked !== 'custom' ? asked : 'this-month';
  return { preset, ...rangeOf(preset, today) };
}

function rangeOf(preset: Exclude<Preset, 'custom'>, today: string): DateRange {
  const tomorrow = addDays(today, 1);
  switch (preset) {
    case 'today':
      return { from: today, to: tomorrow };
    case '7d':
      return { from: addDays(today, -6), to: tomorrow };
    case '30d':
      return { from: addDays(today, -29), to: tomorrow };
    case 'last-month':
      return { from: addMonths(today, -1), to: addMonths(today, 0) };
    case 'this-month':
      return { from: addMonths(today, 0), to: addMonths(today, 1) };
  }
}

/** Months that lie between two first days of months; null where one of the days is another. */
function monthsBetween({ from, to }: DateRange): number | null {
  if (!from.endsWith('-01') || !to.endsWith('-01')) return null;
  const [year = 0, month = 0] = from.split('-').map(Number);
  const [lastYear = 0, lastMonth = 0] = to.split('-').map(Number);
  return (lastYear - year) * 12 + lastMonth - month;
}

/**
 * What a range is compared with: as many months before it where it is whole months, otherwise as many days. While a
 * range is running, only as much of the period before as has passed of the range, by the clock of the zone: 25 days of
 * one month are never set against 31 of another.
 * @param now the local time, `2026-11-25T01:56:30`
 * @returns local days, or a local time for the end of a part of the period before
 */
export function before(range: DateRange, now: string): DateRange {
  const months = monthsBetween(range);
  const from = months === null ? addDays(range.from, -daysBetween(range)) : addMonths(range.from, -months);
  const [today = '', clock = ''] = now.split('T');
  if (today < range.from || today >= range.to) return { from, to: range.from };
  const day = addDays(from, daysBetween({ from: range.from, to: today }));
  // In the first second of a period nothing has passed, and an empty range is no range.
  const to = `${day}T${clock > '00:00:00' ? clock : '00:00:01'}`;
  // The month before may have no such day.
  return { from, to: day < range.from ? to : range.from };
}

const dayAndMonth = (date: string) => {
  const month = new Intl.DateTimeFormat('en', { month: 'short', timeZone: 'UTC' });
  return { day: Number(date.slice(8, 10)), month: month.format(new Date(`${date}T00:00:00Z`)) };
};

/** `1–25 Oct, until 01:56` for the bounds of a report, which carry the local time. */
export function showSpan(from: string, to: string): string {
  const isWholeDay = to.slice(11, 19) === '00:00:00';
  const last = isWholeDay ? addDays(to.slice(0, 10), -1) : to.slice(0, 10);
  const start = dayAndMonth(from.slice(0, 10));
  const end = dayAndMonth(last);
  const isOneDay = from.slice(0, 10) === last;
  const isOneMonth = from.slice(0, 7) === last.slice(0, 7);
  // Within a year, which one it is goes without saying: it is the one before.
  const [year, lastYear] =
    from.slice(0, 4) === last.slice(0, 4) ? ['', ''] : [` ${from.slice(0, 4)}`, ` ${last.slice(0, 4)}`];
  const first = isOneDay ? '' : isOneMonth ? `${start.day}–` : `${start.day} ${start.month}${year} – `;
  return `${first}${end.day} ${end.month}${lastYear}${isWholeDay ? '' : `, until ${to.slice(11, 16)}`}`;
}

/** `October 2026` for `2026-10`. */
export function showMonth(period: string): string {
  const start = new Date(`${period}-01T00:00:00Z`);
  if (Number.isNaN(start.getTime())) return period;
  return new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(start);
}

/** The coarsest bucket that still shows a course. */
export function fittingBucket(range: DateRange): 'hour' | 'day' | 'week' | 'month' {
  const days = daysBetween(range);
  if (days <= 2) return 'hour';
  if (days <= 62) return 'day';
  return days <= 366 ? 'week' : 'month';
}
