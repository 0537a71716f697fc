import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { type Bucket, bucketEdges } from '../../../src/query/time/bucket-edges.js';
import { formatLocal } from '../../../src/query/time/format.js';
import { readReportRange } from '../../../src/query/time/range.js';

const NOW = new Date('2026-11-23T12:00:00Z');
const edges = (tz: string, from: string, to: string, bucket: Bucket) => {
  const range = readReportRange({ from, to, tz }, 'UTC', NOW);
  return bucketEdges(range, bucket).map((edge) => formatLocal(edge, tz));
};
const hours = (list: string[]) =>
  list.slice(1).map((edge, n) => (Date.parse(edge) - Date.parse(list[n]!)) / 3_600_000);
const ZONES = [
  'Europe/Berlin',
  'America/Havana',
  'America/St_Johns',
  'America/Santiago',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Africa/Casablanca',
  'Antarctica/Troll',
  'UTC',
];
const DAY = 86_400_000;
const anyStart = fc.integer({ min: Date.UTC(1988, 0), max: Date.UTC(2037, 0) });
const zoned = (time: number, tz: string) =>
  Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(tz);

/** Most mistakes lie near a clock change, so that ranges begin near one, in zones that have them. */
const nextChange = (time: number, tz: string) =>
  zoned(time, tz).getTimeZoneTransition('next')?.epochMilliseconds ?? time;

/** The first instants of local dates inside a range, found one date at a time. */
function datesBetween(tz: string, bucket: Bucket, from: number, to: number): number[] {
  const starts = new Set<number>();
  const end = zoned(to, tz).toPlainDate().add({ days: 2 });
  let date = zoned(from, tz).toPlainDate().subtract({ days: 2 });
  for (; Temporal.PlainDate.compare(date, end) < 0; date = date.add({ days: 1 })) {
    if (bucket === 'week' && date.dayOfWeek !== 1) continue;
    if (bucket === 'month' && date.day !== 1) continue;
    const start = date.toZonedDateTime(tz).epochMilliseconds;
    if (start > from && start < to) starts.add(start);
  }
  return [...starts];
}

describe('bucket edges', () => {
  it('gives the days of Berlin 23 and 25 hours when clocks change', () => {
    expect(hours(edges('Europe/Berlin', '2026-03-28', '2026-03-31', 'day'))).toEqual([24, 23, 24]);
    expect(hours(edges('Europe/Berlin', '2026-10-24', '2026-10-27', 'day'))).toEqual([24, 25, 24]);
  });

  it('repeats the hour that Berlin repeats, and leaves out the one it leaves out', () => {
    expect(edges('Europe/Berlin', '2026-10-25T01:00:00+02:00', '2026-10-25T04:00:00+01:00', 'hour')).toEqual([
      '2026-10-25T01:00:00.000+02:00',
      '2026-10-25T02:00:00.000+02:00',
      '2026-10-25T02:00:00.000+01:00',
      '2026-10-25T03:00:00.000+01:00',
      '2026-10-25T04:00:00.000+01:00',
    ]);
    expect(edges('Europe/Berlin', '2026-03-29T01:00:00+01:00', '2026-03-29T04:00:00+02:00', 'hour')).toEqual([
      '2026-03-29T01:00:00.000+01:00',
      '2026-03-29T03:00:00.000+02:00',
      '2026-03-29T04:00:00.000+02:00',
    ]);
  });

  it('lets the hour of Lord Howe that clocks move by half an hour last 90 or 30 minutes', () => {
    expect(
      hours(edges('Australia/Lord_Howe', '2026-04-05T00:00:00+11:00', '2026-04-05T04:00:00+10:30', 'hour')),
    ).toEqual([1, 1.5, 1, 1]);
    expect(
      hours(edges('Australia/Lord_Howe', '2026-10-04T00:00:00+10:30', '2026-10-04T04:00:00+11:00', 'hour')),
    ).toEqual([1, 1, 0.5, 1]);
  });

  it('begins the hours of Kathmandu and St. John’s at their full hours', () => {
    expect(edges('Asia/Kathmandu', '2026-10-01T00:30:00+05:45', '2026-10-01T02:15:00+05:45', 'hour')).toEqual(
      [
        '2026-10-01T00:30:00.000+05:45',
        '2026-10-01T01:00:00.000+05:45',
        '2026-10-01T02:00:00.000+05:45',
        '2026-10-01T02:15:00.000+05:45',
      ],
    );
    expect(edges('America/St_Johns', '2026-10-01', '2026-10-02', 'hour')).toHaveLength(25);
  });

  it('begins the day of Havana whose midnight is skipped at one, and the one whose midnight is repeated at the first', () => {
    expect(edges('America/Havana', '2026-03-07', '2026-03-09', 'day')).toEqual([
      '2026-03-07T00:00:00.000-05:00',
      '2026-03-08T01:00:00.000-04:00',
      '2026-03-09T00:00:00.000-04:00',
    ]);
    expect(edges('America/Havana', '2026-10-31', '2026-11-02', 'day')).toEqual([
      '2026-10-31T00:00:00.000-04:00',
      '2026-11-01T00:00:00.000-04:00',
      '2026-11-02T00:00:00.000-05:00',
    ]);
  });

  it('has no bucket for the day that Apia skipped', () => {
    expect(edges('Pacific/Apia', '2011-12-29', '2012-01-01', 'day')).toEqual([
      '2011-12-29T00:00:00.000-10:00',
      '2011-12-31T00:00:00.000+14:00',
      '2012-01-01T00:00:00.000+14:00',
    ]);
  });

  it('begins weeks on Monday and cuts them at the range', () => {
    expect(edges('UTC', '2025-12-31', '2026-01-14', 'week')).toEqual([
      '2025-12-31T00:00:00.000+00:00',
      '2026-01-05T00:00:00.000+00:00',
      '2026-01-12T00:00:00.000+00:00',
      '2026-01-14T00:00:00.000+00:00',
    ]);
  });

  it('begins months on their first', () => {
    expect(edges('Europe/Berlin', '2025-12-15', '2026-03-01', 'month')).toEqual([
      '2025-12-15T00:00:00.000+01:00',
      '2026-01-01T00:00:00.000+01:00',
      '2026-02-01T00:00:00.000+01:00',
      '2026-03-01T00:00:00.000+01:00',
    ]);
  });

  it.each(['hour', 'day', 'week', 'month'] as const)(
    'refuses more than 100,000 %ss before it makes them',
    (bucket) => {
      const range = readReportRange({ from: '0001-01-02', to: '9999-12-31' }, 'Europe/Berlin', NOW);
      expect(() => bucketEdges(range, bucket)).toThrow(/100,000/);
    },
  );

  it('makes 100,000 hours', () => {
    const from = new Date('2015-01-01T00:00:00Z');
    const range = { from, to: new Date(from.getTime() + 100_000 * 3_600_000), tz: 'Africa/Casablanca' };
    expect(bucketEdges(range, 'hour')).toHaveLength(100_001);
    expect(() => bucketEdges({ ...range, to: new Date(range.to.getTime() + 3_600_000) }, 'hour')).toThrow(
      /100,000/,
    );
  });

  it('begins no day again that began before the range, where clocks go back past midnight', () => {
    // At 00:01 on Sunday the clocks of St. John's showed 23:01 of Saturday; the Sunday had begun a minute before.
    expect(edges('America/St_Johns', '2009-10-31', '2009-11-03', 'day')).toEqual([
      '2009-10-31T00:00:00.000-02:30',
      '2009-11-01T00:00:00.000-02:30',
      '2009-11-02T00:00:00.000-03:30',
      '2009-11-03T00:00:00.000-03:30',
    ]);
    expect(edges('America/St_Johns', '2009-10-31T23:10:00-03:30', '2009-11-03', 'day')).toEqual([
      '2009-10-31T23:10:00.000-03:30',
      '2009-11-02T00:00:00.000-03:30',
      '2009-11-03T00:00:00.000-03:30',
    ]);
  });

  it('begins the day of Santiago whose midnight is skipped at one, and ends the day before with 23 twice', () => {
    expect(edges('America/Santiago', '2026-09-05', '2026-09-07', 'day')).toEqual([
      '2026-09-05T00:00:00.000-04:00',
      '2026-09-06T01:00:00.000-03:00',
      '2026-09-07T00:00:00.000-03:00',
    ]);
    expect(hours(edges('America/Santiago', '2026-04-04', '2026-04-06', 'day'))).toEqual([25, 24]);
    expect(
      edges('America/Santiago', '2026-04-04T22:00:00-03:00', '2026-04-05T01:00:00-04:00', 'hour'),
    ).toEqual([
      '2026-04-04T22:00:00.000-03:00',
      '2026-04-04T23:00:00.000-03:00',
      '2026-04-04T23:00:00.000-04:00',
      '2026-04-05T00:00:00.000-04:00',
      '2026-04-05T01:00:00.000-04:00',
    ]);
  });

  it('gives the days of Troll, whose clocks move by two hours, 22 and 26 hours', () => {
    expect(hours(edges('Antarctica/Troll', '2026-03-28', '2026-03-31', 'day'))).toEqual([24, 22, 24]);
    expect(hours(edges('Antarctica/Troll', '2026-10-24', '2026-10-27', 'day'))).toEqual([24, 26, 24]);
    expect(edges('Antarctica/Troll', '2026-10-25', '2026-10-26', 'hour')).toHaveLength(27);
  });

  it('begins with the range and ends with it, wherever in a bucket they lie', () => {
    const [from, to] = ['2026-10-25T02:59:59.999+02:00', '2026-10-25T02:00:00.001+01:00'];
    expect(edges('Europe/Berlin', from, to, 'hour')).toEqual([from, '2026-10-25T02:00:00.000+01:00', to]);
    for (const bucket of ['none', 'day', 'week', 'month'] as const)
      expect(edges('Europe/Berlin', from, to, bucket)).toEqual([from, to]);
  });

  it('begins weeks and months anew after the turn of a year and a leap day, in years near and far', () => {
    expect(edges('Asia/Kathmandu', '2028-02-28', '2028-03-02', 'day')).toHaveLength(4);
    expect(edges('America/New_York', '5999-12-31', '6000-01-02', 'day')).toEqual([
      '5999-12-31T00:00:00.000-05:00',
      '6000-01-01T00:00:00.000-05:00',
      '6000-01-02T00:00:00.000-05:00',
    ]);
    expect(hours(edges('Europe/Berlin', '4321-03-01', '4321-05-01', 'month'))).toEqual([743, 720]);
    expect(edges('UTC', '0099-11-30', '0100-02-01', 'month')).toEqual([
      '0099-11-30T00:00:00.000+00:00',
      '0099-12-01T00:00:00.000+00:00',
      '0100-01-01T00:00:00.000+00:00',
      '0100-02-01T00:00:00.000+00:00',
    ]);
    expect(edges('UTC', '9999-12-30', '9999-12-31T23:59:59.999Z', 'day')).toHaveLength(3);
  });

  it('has the edges of the days among them at the edges of the months, so that days add up to months', () => {
    for (const tz of ZONES) {
      const days = new Set(edges(tz, '2011-01-01', '2013-01-01', 'day'));
      const months = edges(tz, '2011-01-01', '2013-01-01', 'month');
      expect(months).toHaveLength(25);
      expect(months.filter((edge) => !days.has(edge))).toEqual([]);
    }
  });

  it('agrees with Temporal about the beginning of each day, week and month, in any zone', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.constantFrom<Bucket>('day', 'week', 'month'),
        anyStart,
        fc.integer({ min: -5 * DAY, max: DAY }),
        fc.integer({ min: 1, max: 40 * DAY }),
        (tz, bucket, someTime, shift, length) => {
          const start = nextChange(someTime, tz) + shift;
          const range = { from: new Date(start), to: new Date(start + length), tz };
          const list = bucketEdges(range, bucket).map(Number);
          expect(list).toEqual([start, ...datesBetween(tz, bucket, start, start + length), start + length]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('has an hour begin at exactly the minutes at which the hour on the wall is a new one, in any zone', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        anyStart,
        fc.integer({ min: -12 * 60, max: 0 }),
        fc.integer({ min: 1, max: 24 * 60 }),
        (tz, start, shift, minutes) => {
          const from = Math.floor(nextChange(start, tz) / 60_000 + shift) * 60_000;
          const to = from + minutes * 60_000;
          const starts: number[] = [];
          for (let time = from + 60_000; time < to; time += 60_000) {
            const [now, before] = [zoned(time, tz), zoned(time - 60_000, tz)];
            if (now.minute === 0 || now.hour !== before.hour) starts.push(time);
          }
          const list = bucketEdges({ from: new Date(from), to: new Date(to), tz }, 'hour').map(Number);
          expect(list).toEqual([from, ...starts, to]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
