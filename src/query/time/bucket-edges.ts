import { badParameters } from '../../errors/strict.pipe.js';
import type { TimeRange } from './range.js';
import { type Stretch, stretchesIn } from './zone.js';

export const BUCKETS = ['none', 'hour', 'day', 'week', 'month'] as const;
export type Bucket = (typeof BUCKETS)[number];

export const MOST_BUCKETS = 100_000;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The longest a bucket lasts, clock changes aside: by it a range with far too many is told before they are made. */
const LONGEST: Record<Exclude<Bucket, 'none'>, number> = {
  hour: HOUR,
  day: DAY,
  week: 7 * DAY,
  month: 31 * DAY,
};

/**
 * The edges of the local buckets of a range, rising strictly from its beginning to its end, without gap or overlap.
 *
 * Days, weeks (from Monday) and months begin with the first instant of a local date; a date that a zone skipped has
 * none, and no bucket. Hours begin wherever a clock on the wall shows a full hour: the hour that is repeated when clocks
 * go back by an hour is two buckets, and where they move by half an hour the hour concerned lasts 30 or 90 minutes.
 * @throws 400 for more than 100,000 buckets
 */
export function bucketEdges(range: TimeRange, bucket: Bucket): Date[] {
  if (bucket === 'none') return [range.from, range.to];
  const from = range.from.getTime();
  const to = range.to.getTime();
  // The slack is for clock changes, which make some buckets longer.
  if ((to - from) / LONGEST[bucket] > MOST_BUCKETS * 1.01) throw tooMany();
  const stretches = stretchesIn(range.tz, from, to);
  const inner =
    bucket === 'hour'
      ? hourStarts(stretches, from, to)
      : dateStarts(stretches, localDates(bucket, from, to, stretches));
  const edges = [from];
  for (const edge of inner) {
    if (edge > edges.at(-1)! && edge < to) edges.push(edge);
  }
  if (edges.length > MOST_BUCKETS) throw tooMany();
  return [...edges, to].map((edge) => new Date(edge));
}

const tooMany = () =>
  badParameters([
    { field: 'bucket', problem: 'must be coarser, or the range shorter: it makes more than 100,000 buckets' },
  ]);

const hourOf = (local: number) => Math.floor(local / HOUR);

/** The instants of a range at which the hour on the wall changes. */
function* hourStarts(stretches: Stretch[], from: number, to: number): Generator<number> {
  for (const [index, { start, end, offset }] of stretches.entries()) {
    const before = stretches[index - 1];
    if (before && hourOf(start - 1 + before.offset) !== hourOf(start + offset)) yield start;
    const first = Math.max(start, from);
    const last = Math.min(end, to);
    for (let local = Math.ceil((first + offset) / HOUR) * HOUR; local - offset < last; local += HOUR)
      yield local - offset;
  }
}

/** Midnights of local dates as if they were UTC, from the first after the beginning of the range to past its end. */
function* localDates(
  bucket: 'day' | 'week' | 'month',
  from: number,
  to: number,
  stretches: Stretch[],
): Generator<number> {
  const last = to + stretches.at(-1)!.offset;
  const start = new Date(from + stretches[0]!.offset);
  const [year, month, date] = [start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate()];
  const daysSinceMonday = (start.getUTCDay() + 6) % 7;
  for (let n = 1; ; n++) {
    const local =
      bucket === 'month'
        ? midnight(year, month + n, 1)
        : midnight(year, month, bucket === 'day' ? date + n : date - daysSinceMonday + 7 * n);
    if (local > last + DAY) return;
    yield local;
  }
}

/** Date.UTC takes the years 0 to 99 for 1900 to 1999. */
function midnight(year: number, month: number, date: number): number {
  return new Date(0).setUTCFullYear(year, month, date);
}

/** The first instant of each local date: its midnight, or the first instant after it where clocks skipped that. */
function* dateStarts(stretches: Stretch[], dates: Iterable<number>): Generator<number> {
  let index = 0;
  for (const local of dates) {
    while (index < stretches.length - 1 && local - stretches[index]!.offset >= stretches[index]!.end) index++;
    const { start, offset } = stretches[index]!;
    yield Math.max(local - offset, start);
  }
}
