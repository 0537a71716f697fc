import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { type Bucket, bucketEdges } from '../../../src/query/time/bucket-edges.js';
import { formatLocal } from '../../../src/query/time/format.js';
import { readListRange, readReportRange } from '../../../src/query/time/range.js';

const NOW = new Date('2026-11-23T12:00:00Z');
const edges = (tz: string, from: string, to: string, bucket: Bucket) => {
  const range = readReportRange({ from, to, tz }, 'UTC', NOW);
  return bucketEdges(range, bucket).map((edge) => formatLocal(edge, tz));
};
const hours = (list: string[]) =>
  list.slice(1).map((edge, n) => (Date.parse(edge) - Date.parse(list[n]!)) / 3_600_000);

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

  it.each(['hour', 'day'] as const)('refuses more than 100,000 %ss before it makes them', (bucket) => {
    const range = readReportRange({ from: '0001-01-01', to: '9998-01-01' }, 'Europe/Berlin', NOW);
    expect(() => bucketEdges(range, bucket)).toThrow(/100,000/);
  });

  it('makes 100,000 hours', () => {
    const from = new Date('2015-01-01T00:00:00Z');
    const range = { from, to: new Date(from.getTime() + 100_000 * 3_600_000), tz: 'Africa/Casablanca' };
    expect(bucketEdges(range, 'hour')).toHaveLength(100_001);
    expect(() => bucketEdges({ ...range, to: new Date(range.to.getTime() + 3_600_000) }, 'hour')).toThrow(
      /100,000/,
    );
  });

  it('gives rising edges from the beginning to the end, each a local beginning, in any zone', () => {
    const zones = [
      'Europe/Berlin',
      'America/Havana',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'Pacific/Apia',
      'Antarctica/Troll',
      'America/Santiago',
      'UTC',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom<Bucket>('hour', 'day', 'week', 'month'),
        fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2037, 0) }),
        fc.integer({ min: 1, max: 40 * 86_400_000 }),
        (tz, bucket, start, length) => {
          const range = { from: new Date(start), to: new Date(start + length), tz };
          const list = bucketEdges(range, bucket);
          expect([list[0], list.at(-1)]).toEqual([range.from, range.to]);
          list.slice(1).forEach((edge, n) => {
            expect(edge.getTime()).toBeGreaterThan(list[n]!.getTime());
          });
          if (bucket === 'hour') return;
          for (const edge of list.slice(1, -1)) {
            const local = Temporal.Instant.fromEpochMilliseconds(edge.getTime()).toZonedDateTimeISO(tz);
            expect(local.startOfDay().epochMilliseconds).toBe(edge.getTime());
            if (bucket === 'week') expect(local.dayOfWeek).toBe(1);
            if (bucket === 'month') expect(local.day).toBe(1);
          }
          const days = Temporal.Instant.fromEpochMilliseconds(start).toZonedDateTimeISO(tz).toPlainDate();
          const next = days.add({ days: 1 }).toZonedDateTime(tz).epochMilliseconds;
          if (bucket === 'day' && next < start + length) expect(list[1]!.getTime()).toBe(next);
        },
      ),
    );
  });
});

describe('a range', () => {
  const list = (asked: object) => readListRange(asked, 'Europe/Berlin');
  const problems = (asked: object) => {
    try {
      readReportRange(asked, 'UTC', NOW);
    } catch (error) {
      return (error as { errors: { field: string }[] }).errors.map(({ field }) => field);
    }
    return [];
  };

  it('takes dates for their first local instant, and instants as they are', () => {
    expect(list({ from: '2026-10-01' }).from?.toISOString()).toBe('2026-09-30T22:00:00.000Z');
    expect(list({ to: '2026-10-01t00:00:00.1234z' }).to?.toISOString()).toBe('2026-10-01T00:00:00.124Z');
    expect(list({ from: '2011-12-30', tz: 'Pacific/Apia' }).from?.toISOString()).toBe(
      '2011-12-30T10:00:00.000Z',
    );
  });

  it('stands for a local month as a period', () => {
    const { from, to } = list({ period: '2026-10' });
    expect([from?.toISOString(), to?.toISOString()]).toEqual([
      '2026-09-30T22:00:00.000Z',
      '2026-10-31T23:00:00.000Z',
    ]);
  });

  it('is the current month where none is named, and ends with today where only its beginning is', () => {
    const month = readReportRange({ tz: 'Asia/Tokyo' }, 'UTC', new Date('2026-10-31T15:00:00Z'));
    expect(formatLocal(month.from, 'Asia/Tokyo')).toBe('2026-11-01T00:00:00.000+09:00');
    const open = readReportRange({ from: '2026-11-01' }, 'UTC', NOW);
    expect(open.to.toISOString()).toBe('2026-11-24T00:00:00.000Z');
  });

  it.each([
    [{ from: 'yesterday' }, 'from'],
    [{ from: '2026-02-30' }, 'from'],
    [{ from: '2026-10-01T00:00:00' }, 'from'],
    [{ from: '2026-10-01 00:00:00Z' }, 'from'],
    [{ from: '2026-10-01T00:00:00 02:00' }, 'from'],
    [{ from: '2026-10-01T24:00:00Z' }, 'from'],
    [{ from: '2026-12-31T23:59:60Z' }, 'from'],
    [{ from: '0000-01-01' }, 'from'],
    [{ from: '1790000000' }, 'from'],
    [{ from: '' }, 'from'],
    [{ from: '2026-10-02', to: '2026-10-01' }, 'to'],
    [{ from: '2026-10-02', to: '2026-10-02' }, 'to'],
    [{ to: '2026-10-02' }, 'from'],
    [{ from: '2027-01-01' }, 'from'],
    [{ period: '2026-13' }, 'period'],
    [{ period: '2026' }, 'period'],
    [{ period: '2026-10', from: '2026-10-01' }, 'period'],
    [{ tz: '+02:00' }, 'tz'],
    [{ tz: 'Nonsense+5' }, 'tz'],
    [{ tz: 'Europe/Atlantis' }, 'tz'],
    [{ tz: '' }, 'tz'],
    [{ tz: 'UTC\0' }, 'tz'],
  ])('is refused: %j', (asked, field) => {
    expect(problems(asked)).toEqual([field]);
  });
});
