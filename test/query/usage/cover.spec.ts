import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SPANS } from '../../../src/ledger/spans.js';
import { cover } from '../../../src/query/usage/cover.js';

const SECOND = 1_000;
const instants = (...texts: string[]) => texts.map((text) => new Date(text));
const spoken = (edges: Date[]) => {
  const { spans, rest } = cover(edges, SPANS);
  const show = ({ from, to }: { from: number; to: number }) =>
    `${new Date(from).toISOString().slice(5, 19)}/${new Date(to).toISOString().slice(5, 19)}`;
  return Object.fromEntries([
    ...spans.map(({ span, intervals }) => [String(span), intervals.map(show)]),
    ['rest', rest.map(show)],
  ]);
};

describe('cover', () => {
  it('takes a month of UTC as whole days', () => {
    expect(spoken(instants('2026-10-01T00:00Z', '2026-11-01T00:00Z'))).toEqual({
      86400: ['10-01T00:00:00/11-01T00:00:00'],
      rest: [],
    });
  });

  it('fills a day of Kathmandu from both ends', () => {
    expect(spoken(instants('2026-10-01T18:15Z', '2026-10-02T18:15Z'))).toEqual({
      21600: ['10-02T00:00:00/10-02T18:00:00'],
      3600: ['10-01T19:00:00/10-02T00:00:00'],
      900: ['10-01T18:15:00/10-01T19:00:00', '10-02T18:00:00/10-02T18:15:00'],
      rest: [],
    });
  });

  it('leaves what no whole span fits to', () => {
    expect(spoken(instants('2026-10-01T00:00:01Z', '2026-10-01T00:14:59Z'))).toEqual({
      rest: ['10-01T00:00:01/10-01T00:14:59'],
    });
  });

  it('covers every instant between the edges once, and crosses none of them', () => {
    const edge = fc.integer({ min: 0, max: 4 * 86_400 }).map((second) => second - (second % 300));
    fc.assert(
      fc.property(fc.uniqueArray(edge, { minLength: 2, maxLength: 12 }), (seconds) => {
        seconds.sort((one, other) => one - other);
        const { spans, rest } = cover(
          seconds.map((second) => new Date(second * SECOND)),
          SPANS,
        );
        const rows = spans.flatMap(({ span, intervals }) =>
          intervals.flatMap(({ from, to }) => {
            expect([from % (span * SECOND), to % (span * SECOND)]).toEqual([0, 0]);
            const count = (to - from) / (span * SECOND);
            return Array.from({ length: count }, (_, n) => ({
              from: from + n * span * SECOND,
              to: from + (n + 1) * span * SECOND,
            }));
          }),
        );
        const all = [...rows, ...rest].sort((one, other) => one.from - other.from);
        expect(all[0]!.from).toBe(seconds[0]! * SECOND);
        expect(all.at(-1)!.to).toBe(seconds.at(-1)! * SECOND);
        expect(all.slice(1).map(({ from }) => from)).toEqual(all.slice(0, -1).map(({ to }) => to));
        for (const { from, to } of rows) {
          expect(seconds.some((second) => second * SECOND > from && second * SECOND < to)).toBe(false);
        }
      }),
    );
  });
});
