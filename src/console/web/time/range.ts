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

/** The period before: the month before where the range is a month, otherwise as many days. */
export function before(range: DateRange): DateRange {
  const isMonth = range.from.endsWith('-01') && addMonths(range.from, 1) === range.to;
  if (isMonth) return { from: addMonths(range.from, -1), to: range.from };
  return { from: addDays(range.from, -daysBetween(range)), to: range.from };
}

/** The coarsest bucket that still shows a course. */
export function fittingBucket(range: DateRange): 'hour' | 'day' | 'week' | 'month' {
  const days = daysBetween(range);
  if (days <= 2) return 'hour';
  if (days <= 62) return 'day';
  return days <= 366 ? 'week' : 'month';
}
