import { formatInstant, formatLocal } from '../../../src/query/time/format.js';

describe('an instant in an answer', () => {
  it('is written in UTC with milliseconds', () => {
    expect(formatInstant(new Date('2026-10-03T04:02:03Z'))).toBe('2026-10-03T04:02:03.000Z');
  });

  it.each([
    ['2026-09-30T22:00:00.000Z', 'Europe/Berlin', '2026-10-01T00:00:00.000+02:00'],
    ['2026-10-25T00:59:59.999Z', 'Europe/Berlin', '2026-10-25T02:59:59.999+02:00'],
    ['2026-10-25T01:00:00.000Z', 'Europe/Berlin', '2026-10-25T02:00:00.000+01:00'],
    ['2026-10-01T00:00:00.000Z', 'Etc/UTC', '2026-10-01T00:00:00.000+00:00'],
    ['2026-10-01T00:00:00.000Z', 'America/St_Johns', '2026-09-30T21:30:00.000-02:30'],
    ['2026-10-01T00:00:00.000Z', 'Asia/Kathmandu', '2026-10-01T05:45:00.000+05:45'],
    ['1969-12-31T23:59:59.999Z', 'Pacific/Apia', '1969-12-31T12:59:59.999-11:00'],
    ['6000-07-01T00:00:00.000Z', 'Europe/Berlin', '6000-07-01T02:00:00.000+02:00'],
  ])('carries the offset of the zone where it bounds a range: %s in %s', (instant, tz, written) => {
    expect(formatLocal(new Date(instant), tz)).toBe(written);
  });

  it.each([
    ['1850-01-01T00:00:00.000Z', 'Europe/Berlin', '1850-01-01T00:53:00.000+00:53'],
    ['1950-01-01T00:00:00.000Z', 'Africa/Monrovia', '1949-12-31T23:16:00.000-00:44'],
    ['1850-01-01T00:00:00.000Z', 'Africa/Abidjan', '1849-12-31T23:44:00.000-00:16'],
    ['1800-01-01T00:00:00.000Z', 'Europe/London', '1799-12-31T23:59:00.000-00:01'],
  ])(
    'names the same instant where the offset had seconds, without them: %s in %s',
    (instant, tz, written) => {
      expect(formatLocal(new Date(instant), tz)).toBe(written);
      expect(new Date(written).toISOString()).toBe(instant);
    },
  );

  it('is written in UTC where local clocks show a year of five digits', () => {
    const end = new Date('9999-12-31T23:30:00.000Z');
    expect(formatLocal(end, 'Europe/Berlin')).toBe('9999-12-31T23:30:00.000+00:00');
    expect(formatLocal(end, 'America/New_York')).toBe('9999-12-31T18:30:00.000-05:00');
  });

  it('is right in whatever order instants and zones are asked for', () => {
    const summer = new Date('2026-07-01T00:00:00Z');
    const winter = new Date('2026-01-01T00:00:00Z');
    const offsets = [summer, winter, summer].flatMap((instant) =>
      ['Europe/Berlin', 'America/New_York'].map((tz) => formatLocal(instant, tz).slice(-6)),
    );
    expect(offsets).toEqual(['+02:00', '-04:00', '+01:00', '-05:00', '+02:00', '-04:00']);
  });
});
