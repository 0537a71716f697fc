import { rangesIn, wordsOf } from '../../src/console/web/conversations/hits.js';
import { changeInPermille, grouped } from '../../src/console/web/figures/decimal.js';
import { showCount, showDecimal } from '../../src/console/web/figures/figures.js';
import { before, readRange } from '../../src/console/web/time/range.js';

describe('figures of the console', () => {
  it.each([
    ['0', '0'],
    ['999.1234', '999.1234'],
    ['1234567.000000000000000000000000000001', '1,234,567.000000000000000000000000000001'],
    ['-1000.5', '-1,000.5'],
  ])('keep every digit of %s', (decimal, shown) => {
    expect(grouped(decimal)).toBe(shown);
  });

  it('show what is unknown as a dash, and zero as zero', () => {
    expect([showDecimal(null), showDecimal('0'), showCount(undefined), showCount(0)]).toEqual([
      '–',
      '0',
      '–',
      '0',
    ]);
    expect(showCount(9_007_199_254_740_993n)).toBe('9,007,199,254,740,993');
  });

  it('compare exactly', () => {
    expect(changeInPermille('110', '100')).toBe(100);
    expect(changeInPermille('0.000000000000000000000000000002', '0.000000000000000000000000000001')).toBe(
      1_000,
    );
    expect(changeInPermille('1', '0')).toBeNull();
    expect(changeInPermille('1', '3')).toBe(-666);
  });
});

describe('ranges of the console', () => {
  it('compare a month with the month before, and days with as many before', () => {
    expect(before({ from: '2026-03-01', to: '2026-04-01' })).toEqual({
      from: '2026-02-01',
      to: '2026-03-01',
    });
    expect(before({ from: '2026-03-10', to: '2026-03-17' })).toEqual({
      from: '2026-03-03',
      to: '2026-03-10',
    });
  });

  it('take this month for what cannot be a range', () => {
    const asked = new URLSearchParams({ range: 'custom', from: '2026-02-02', to: '2026-02-01' });
    expect(readRange(asked, 'UTC').preset).toBe('this-month');
  });
});

describe('marks of a search', () => {
  const marks = (text: string, query: string) =>
    rangesIn(text, wordsOf(query))
      .filter(({ isHit }) => isHit)
      .map(({ from, to }) => text.slice(from, to));

  it('ignore case and accents, and take a phrase for one', () => {
    expect(marks('Das CAFÉ öffnet um neun', 'cafe "um neun"')).toEqual(['CAFÉ', 'um neun']);
    expect(marks('我们九点开门', '九点')).toEqual(['九点']);
  });

  it('leave the text whole', () => {
    const text = 'İstanbul ﬁne 😀 e\u0301t\u0301';
    const stretches = rangesIn(text, wordsOf('fine et'));
    expect(stretches.map(({ from, to }) => text.slice(from, to)).join('')).toBe(text);
  });
});
