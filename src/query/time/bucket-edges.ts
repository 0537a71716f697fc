import { badParameters } from '../../errors/strict.pipe.js';
import type { TimeRange } from './range.js';
import { type Stretch, stretchesIn } from './zone.js';

export const BUCKETS = ['none', 'hour', 'day', 'week', 'month'] as const;
export type Bucket = (typeof BUCKETS)[number];
type DateBucket = Exclude<Bucket, 'none' | 'hour'>;

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
  const inner =
    bucket === 'hour'
      ? hourStarts(stretchesIn(range.tz, from, to), from, to)
      : dateStarts(range.tz, from, to, bucket);
  const edges = [from];
  for (const edge of inner) {
    if (edge > edges.at(-1)!) edges.push(edge);
  }
  if (edges.length > MOST_BUCKETS) throw tooMany();
  return [...edges, to].map((edge) => new Date(edge));
}

const tooMany = () =>
  badParameters([
    { field: 'bucket', problem: 'must be coarser, or the range shorter: it makes more than 100,000 buckets' },
  ]);

const hourOf = (local: number) => Math.floor(local / HOUR);

/** The instants of a range, its end excluded, at which the hour on the wall changes. */
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

/**
 * The first instants of local dates, from one that begins before the range to the last one inside it. Each is its
 * midnight, the first where clocks repeat it, or the first instant after it where they skip it.
 */
function* dateStarts(zone: string, from: number, to: number, bucket: DateBucket): Generator<number> {
  // St. John's went back from one minute past midnight into the day before: a date may begin before a range in which
  // its midnight comes again, so the search starts earlier than the range by more than clocks ever moved.
  const stretches = stretchesIn(zone, from - 2 * DAY, to);
  const last = stretches.length - 1;
  let index = 0;
  for (const local of midnights(from - 2 * DAY + stretches[0]!.offset, bucket)) {
    while (index < last && local - stretches[index]!.offset >= stretches[index]!.end) index++;
    const { start, offset } = stretches[index]!;
    if (local - offset >= to) return;
    yield Math.max(local - offset, start);
  }
}

/** The midnights at which days, weeks or months begin, as if they were of UTC, from the one at or before an instant. */
function* midnights(instant: number, bucket: DateBucket): Generator<number> {
  const first = new Date(instant);
  const [year, month, date] = [first.getUTCFullYear(), first.getUTCMonth(), first.getUTCDate()];
  const daysSinceMonday = (first.getUTCDay() + 6) % 7;
  for (let n = 0; ; n++) {
    if (bucket === 'month') yield midnight(year, month + n, 1);
    else if (bucket === 'week') yield midnight(year, month, date - daysSinceMonday + 7 * n);
    else yield midnight(year, month, date + n);
  }
}

/** Date.UTC takes the years 0 to 99 for 1900 to 1999. */
function midnight(year: number, month: number, date: number): number {
  return new Date(0).setUTCFullYear(year, month, date);
}
