import type { Evidence } from '../../src/repair/evidence.sql.js';
import { isExplained, isProved, judge, spansOf, type Verdict } from '../../src/repair/judge.js';

const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 10, 25, 12);

/** A line whose time is an hour early in the sessions that are asked about. */
const evidence = (event: number, offset: number, more: Partial<Evidence> = {}): Evidence => ({
  event: BigInt(event),
  kind: 'clock',
  table: 'audit_event',
  id: String(event),
  column: 'at',
  stored: new Date(NOON + offset),
  right: new Date(NOON),
  shifted: new Date(NOON - HOUR),
  ...more,
});

describe('the verdict on a line', () => {
  it.each<[string, Evidence[], Verdict | undefined]>([
    ['an hour early', [evidence(1, -HOUR + 40)], 'shifted'],
    ['in time', [evidence(1, 40)], 'right'],
    ['two hours early', [evidence(1, -2 * HOUR)], 'other'],
    ['an exact time that is a second off', [evidence(1, -HOUR + 1_000, { kind: 'exact' })], 'other'],
    ['one right and one shifted', [evidence(1, 0, { kind: 'exact' }), evidence(1, -HOUR)], 'shifted'],
    ['where the zone shows UTC', [evidence(1, 40, { shifted: new Date(NOON) })], undefined],
    [
      'out of order, by as much as the zone allows',
      [evidence(1, -HOUR + 600_000, { kind: 'order' })],
      'shifted',
    ],
    ['out of order by more', [evidence(1, -2 * HOUR, { kind: 'order' })], 'other'],
    ['out of order, but dated right', [evidence(1, -2 * HOUR, { kind: 'order' }), evidence(1, 0)], 'right'],
    ['too late, where the zone makes early', [evidence(1, HOUR, { kind: 'order' })], 'other'],
    ['of no line', [evidence(0, -HOUR)], undefined],
  ])('%s', (_, all, verdict) => {
    expect([...judge(all).values()][0]).toBe(verdict);
  });

  it('explains nothing without a zone', () => {
    expect(isExplained(evidence(1, -HOUR, { shifted: null }))).toBe(false);
  });
});

describe('a zone is proved', () => {
  it.each<[string, Evidence[], boolean]>([
    ['by a line that its sessions explain', [evidence(1, -HOUR), evidence(2, 0)], true],
    ['by order, where nothing else is wrong', [evidence(1, -HOUR, { kind: 'order' }), evidence(2, 0)], true],
    [
      'not by order, where a dated line says another zone',
      [evidence(1, -HOUR, { kind: 'order' }), evidence(2, -2 * HOUR)],
      false,
    ],
    ['not by what is right', [evidence(1, 0)], false],
  ])('%s', (_, all, expected) => {
    expect(isProved(all)).toBe(expected);
  });
});

describe('the lines that were written in sessions of the zone', () => {
  const spans = (verdicts: [number, Verdict][], last = 9) => {
    const found = spansOf(
      new Map(verdicts.map(([event, verdict]) => [BigInt(event), verdict])),
      BigInt(last),
    );
    const list = (name: 'shifted' | 'undecided') =>
      found[name].flatMap(({ first, last: end }) =>
        Array.from({ length: Number(end - first) + 1 }, (_, n) => Number(first) + n),
      );
    return [list('shifted'), list('undecided')];
  };

  it.each<[string, [number, Verdict][], number[], number[]]>([
    [
      'all, where all that is known is shifted',
      [
        [3, 'shifted'],
        [6, 'shifted'],
      ],
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
      [],
    ],
    ['none, where none is', [[3, 'right']], [], []],
    ['none, where nothing is known', [], [], []],
    [
      'up to the last shifted one, where the zone was changed',
      [
        [3, 'shifted'],
        [6, 'right'],
      ],
      [1, 2, 3],
      [4, 5],
    ],
    [
      'from the first shifted one on',
      [
        [2, 'right'],
        [4, 'other'],
        [7, 'shifted'],
      ],
      [7, 8, 9],
      [5, 6],
    ],
    [
      'none of this version, unless it is proved',
      [
        [8, 'shifted'],
        [9, 'right'],
        [12, 'shifted'],
      ],
      [1, 2, 3, 4, 5, 6, 7, 8, 12],
      [],
    ],
  ])('%s', (_, verdicts, shifted, undecided) => {
    expect(spans(verdicts)).toEqual([shifted, undecided]);
  });
});
