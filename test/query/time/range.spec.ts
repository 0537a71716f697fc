import { readConfig } from '../../../src/config.js';
import { formatLocal } from '../../../src/query/time/format.js';
import { type RangeParameters, readListRange, readReportRange } from '../../../src/query/time/range.js';

const NOW = new Date('2026-11-23T12:00:00Z');
const report = (asked: RangeParameters, now = NOW) => readReportRange(asked, 'UTC', now);
const from = (text: string, tz = 'Europe/Berlin') =>
  readListRange({ from: text, tz }, 'UTC').from?.toISOString();

/** What a range is refused with. */
function problemsOf(read: () => unknown): { field: string; problem: string }[] {
  try {
    read();
  } catch (error) {
    return (error as { errors: { field: string; problem: string }[] }).errors;
  }
  return [];
}
const fieldsOf = (read: () => unknown) => problemsOf(read).map(({ field }) => field);

describe('a bound of a range', () => {
  it.each([
    ['2026-10-01T00:00:00Z', '2026-10-01T00:00:00.000Z'],
    ['2026-10-01t00:00:00z', '2026-10-01T00:00:00.000Z'],
    ['2026-10-01T00:00:00+02:00', '2026-09-30T22:00:00.000Z'],
    ['2026-10-01T00:00:00-03:30', '2026-10-01T03:30:00.000Z'],
    ['2026-10-01T00:00:00-00:00', '2026-10-01T00:00:00.000Z'],
    ['2024-02-29T23:59:59.5Z', '2024-02-29T23:59:59.500Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ])('may be the instant %s', (text, instant) => {
    expect(from(text)).toBe(instant);
  });

  it.each([
    ['2026-10-01T00:00:00.1230Z', '2026-10-01T00:00:00.123Z'],
    [`2026-10-01T00:00:00.123${'0'.repeat(50)}1Z`, '2026-10-01T00:00:00.124Z'],
    ['2026-12-31T23:59:59.9999Z', '2027-01-01T00:00:00.000Z'],
  ])(
    'has its part beyond milliseconds decide which millisecond is the first after it: %s',
    (text, instant) => {
      expect(from(text)).toBe(instant);
    },
  );

  it.each([
    ['2026-10-01', 'Europe/Berlin', '2026-09-30T22:00:00.000Z'],
    ['2026-10-01', 'Asia/Kathmandu', '2026-09-30T18:15:00.000Z'],
    ['2026-03-08', 'America/Havana', '2026-03-08T05:00:00.000Z'],
    ['2026-11-01', 'America/Havana', '2026-11-01T04:00:00.000Z'],
    ['2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
    ['2011-12-31', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
    ['5000-07-01', 'Europe/Berlin', '5000-06-30T22:00:00.000Z'],
    ['9999-12-31', 'UTC', '9999-12-31T00:00:00.000Z'],
    ['0001-01-01', 'UTC', '0001-01-01T00:00:00.000Z'],
  ])('may be the date %s, which begins in %s at %s', (date, tz, instant) => {
    expect(from(date, tz)).toBe(instant);
  });

  it.each([
    '',
    ' ',
    'yesterday',
    'null',
    '1790000000',
    '2026',
    '2026-10',
    '2026-1-1',
    '26-10-01',
    '+002026-10-01',
    '-2026-10-01',
    '20261001',
    '2026-W40',
    '2026-274',
    ' 2026-10-01',
    '2026-10-01\n',
    '2026-10-01[u-ca=hebrew]',
    '2026-10-01Z',
    '2026-00-01',
    '2026-13-01',
    '2026-10-00',
    '2026-02-29',
    '2026-09-31',
    '0000-01-01',
    '10000-01-01',
    '2026-10-01T00:00:00',
    '2026-10-01T00:00Z',
    '2026-10-01T00Z',
    '2026-10-01 00:00:00Z',
    '2026-10-01_00:00:00Z',
    '2026-10-01T24:00:00Z',
    '2026-10-01T00:60:00Z',
    '2026-12-31T23:59:60Z',
    '2026-02-30T00:00:00Z',
    '2026-10-01T00:00:00.Z',
    '2026-10-01T00:00:00,5Z',
    '2026-10-01T00:00:00+0200',
    '2026-10-01T00:00:00+02',
    '2026-10-01T00:00:00+24:00',
    '2026-10-01T00:00:00+02:60',
    '2026-10-01T00:00:00\u221202:00',
    '2026-10-01T00:00:00+02:00[Europe/Berlin]',
    '2026-10-01T00:00:00 CET',
    '٢٠٢٦-10-01',
  ])('may not be %j', (text) => {
    expect(fieldsOf(() => report({ from: text }))).toEqual(['from']);
    expect(fieldsOf(() => readListRange({ to: text }, 'UTC'))).toEqual(['to']);
  });

  it('is told how to write a + that an address turned into a space', () => {
    const [problem] = problemsOf(() => report({ from: '2026-10-01T00:00:00 02:00' }));
    expect(problem?.problem).toContain('%2B');
    const [other] = problemsOf(() => report({ from: '2026-10-01 00:00:00Z' }));
    expect(other?.problem).not.toContain('%2B');
  });

  it.each([
    [{ from: '0001-01-01', tz: 'Europe/Berlin' }, 'from'],
    [{ from: '0001-01-01T00:00:00+14:00' }, 'from'],
    [{ to: '9999-12-31T23:59:59-05:00' }, 'to'],
    [{ to: '9999-12-31T23:59:59.9999Z' }, 'to'],
    [{ period: '0001-01', tz: 'Asia/Tokyo' }, 'period'],
    [{ period: '9999-12' }, 'period'],
  ])('may not lie in a year of UTC that the database or RFC 3339 cannot say: %j', (asked, field) => {
    const [problem, ...more] = problemsOf(() => readListRange(asked, 'UTC'));
    expect([problem?.field, more]).toEqual([field, []]);
    expect(problem?.problem).toContain('0001 to 9999');
  });
});

describe('the range of a list', () => {
  it('is open on each side that is not named', () => {
    expect(readListRange({}, 'Europe/Berlin')).toEqual({ from: null, to: null, tz: 'Europe/Berlin' });
    const before = readListRange({ to: '2026-10-01' }, 'UTC');
    expect(before).toEqual({ from: null, to: new Date('2026-10-01T00:00:00Z'), tz: 'UTC' });
  });

  it('is a local month where a period is named', () => {
    const { from, to } = readListRange({ period: '2026-10' }, 'Europe/Berlin');
    expect([from, to].map((bound) => bound && formatLocal(bound, 'Europe/Berlin'))).toEqual([
      '2026-10-01T00:00:00.000+02:00',
      '2026-11-01T00:00:00.000+01:00',
    ]);
    const december = readListRange({ period: '2026-12', tz: 'Asia/Kathmandu' }, 'UTC');
    expect(december.to?.toISOString()).toBe('2026-12-31T18:15:00.000Z');
  });

  it.each([
    '',
    '2026',
    '2026-0',
    '2026-00',
    '2026-13',
    '2026-1',
    '2026-10-01',
    '0000-10',
    '10000-01',
    '2026-Q1',
    'now',
  ])('cannot be the period %j', (period) => {
    expect(fieldsOf(() => readListRange({ period }, 'UTC'))).toEqual(['period']);
  });

  it('cannot be a period and bounds at once', () => {
    expect(fieldsOf(() => readListRange({ period: '2026-10', from: '2026-10-01' }, 'UTC'))).toEqual([
      'period',
    ]);
    expect(fieldsOf(() => readListRange({ period: '2026-10', to: '' }, 'UTC'))).toEqual(['period']);
  });

  it('must end after it begins', () => {
    for (const to of ['2026-09-30', '2026-10-01', '2026-10-01T00:00:00Z'])
      expect(problemsOf(() => readListRange({ from: '2026-10-01', to }, 'UTC'))).toEqual([
        { field: 'to', problem: 'must be after from, by a millisecond at least' },
      ]);
    expect(
      fieldsOf(() => readListRange({ from: '2026-10-01', to: '2026-10-01T00:00:00.001Z' }, 'UTC')),
    ).toEqual([]);
  });

  it('names all bounds that cannot be used at once', () => {
    expect(fieldsOf(() => readListRange({ from: 'x', to: 'y' }, 'UTC'))).toEqual(['from', 'to']);
  });
});

describe('the range of a report', () => {
  const local = ({ from, to, tz }: { from: Date; to: Date; tz: string }) =>
    [from, to].map((bound) => formatLocal(bound, tz));

  it('is the current month of the zone where none is named', () => {
    expect(local(report({ tz: 'Asia/Tokyo' }, new Date('2026-10-31T15:00:00Z')))).toEqual([
      '2026-11-01T00:00:00.000+09:00',
      '2026-12-01T00:00:00.000+09:00',
    ]);
    expect(local(report({}, new Date('2026-12-31T23:59:59.999Z')))).toEqual([
      '2026-12-01T00:00:00.000+00:00',
      '2027-01-01T00:00:00.000+00:00',
    ]);
  });

  it('runs to the end of today where only its beginning is named', () => {
    expect(local(report({ from: '2026-11-01' }))).toEqual([
      '2026-11-01T00:00:00.000+00:00',
      '2026-11-24T00:00:00.000+00:00',
    ]);
    const today = report({ from: '2026-10-25', tz: 'Europe/Berlin' }, new Date('2026-10-25T22:59:59Z'));
    expect(today.to.getTime() - today.from.getTime()).toBe(25 * 3_600_000);
  });

  it('cannot begin after today without an end, or end without a beginning', () => {
    expect(fieldsOf(() => report({ from: '2026-11-24' }))).toEqual(['from']);
    expect(fieldsOf(() => report({ from: '2026-11-24', tz: 'Pacific/Kiritimati' }))).toEqual([]);
    expect(fieldsOf(() => report({ to: '2026-10-02' }))).toEqual(['from']);
  });
});

describe('the zone of a range', () => {
  const zone = (tz: string) => readListRange({ tz }, 'UTC').tz;

  it.each([
    'utc',
    'Etc/UTC',
    'Asia/Kathmandu',
    'Asia/Katmandu',
    'Europe/Kyiv',
    'Europe/Kiev',
    'europe/kyiv',
    'AMERICA/ST_JOHNS',
    'Etc/GMT+5',
    'EST',
  ])('may be %s, and stays that', (asked) => {
    expect(zone(asked)).toBe(asked);
    expect(readListRange({}, asked).tz).toBe(asked);
    expect(readConfig({ REPORT_TZ: asked }).reportTz).toBe(asked);
  });

  it('may be any that Intl knows, in any case', () => {
    const names = Intl.supportedValuesOf('timeZone');
    for (const name of names) {
      expect(zone(name)).toBe(name);
      const month = (tz: string) => readListRange({ period: '2026-10', tz }, 'UTC').from;
      expect(month(name.toLowerCase())).toEqual(month(name));
    }
  });

  it.each([
    '',
    ' ',
    'UTC ',
    'UTC\0',
    '+02:00',
    '-03',
    '+0200',
    'UTC+2',
    'GMT+2',
    'Nonsense+5',
    'Europe/Atlantis',
    'Europe',
    'Berlin',
    'Europe/Berlin/',
    '../etc/localtime',
    'localtime',
    'posixrules',
    'Local',
    'Z',
    'CEST',
    'PST',
    "UTC'; drop table message; --",
    'Europe/Berlin,UTC',
    '2026-10-01T00:00[Europe/Berlin]',
    '2026-10-01T00:00Z',
    'ＵＴＣ',
    'x'.repeat(10_000),
  ])('may not be %j', (tz) => {
    expect(fieldsOf(() => report({ tz, from: '2026-10-01' }))).toEqual(['tz']);
  });
});
