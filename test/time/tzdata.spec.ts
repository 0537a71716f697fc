import { oldRulesWarning, TZDATA } from '../../src/time/tzdata.js';

describe('the time zone rules', () => {
  const isOld = (version: string, day: string) =>
    oldRulesWarning(version, new Date(`${day}T00:00:00Z`)) !== null;

  it('are those of this Node.js', () => {
    expect(TZDATA).toBe(process.versions.tz);
    expect(TZDATA).toMatch(/^\d{4}[a-z]$/);
  });

  it.each([
    // Released on 2025-03-22: 18 months later is 2026-09-22.
    ['2025b', '2026-09-22', false],
    ['2025b', '2026-09-23', true],
    ['2025c', '2026-11-25', false],
    ['2025c', '2027-06-11', true],
    // Of a version that is not listed only the year is known.
    ['2024b', '2026-06-30', false],
    ['2024b', '2026-07-02', true],
    ['2031d', '2033-06-30', false],
    ['2031d', '2033-07-02', true],
    ['1999a', '2026-11-25', true],
    // A clock that is behind makes nothing old.
    ['2026c', '2020-01-01', false],
  ])('of %s on %s are older than 18 months: %s', (version, day, expected) => {
    expect(isOld(version, day)).toBe(expected);
  });

  it('that are old, or unknown, are told in one sentence or two', () => {
    expect(oldRulesWarning('2019a', new Date())).toContain('(tzdata 2019a) are older than 18 months');
    expect(oldRulesWarning('unknown', new Date())).toContain('does not say which time zone rules');
  });
});
