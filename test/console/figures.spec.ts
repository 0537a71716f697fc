import { rangesIn, wordsOf } from '../../src/console/web/conversations/hits.js';
import { changeInPermille, grouped, subtract, sumOf } from '../../src/console/web/figures/decimal.js';
import {
  partOf,
  showCount,
  showDecimal,
  showMoney,
  showShort,
  withSign,
} from '../../src/console/web/figures/figures.js';
import { problemOfDecimal } from '../../src/console/web/figures/typed.js';
import { differenceOf, showDifference } from '../../src/console/web/statements/difference.js';
import { sinceClosing } from '../../src/console/web/statements/since-closing.js';
import { unpricedIn } from '../../src/console/web/statements/unpriced-in.js';
import { before, readRange, showMonth, showSpan } from '../../src/console/web/time/range.js';
import { instantAt } from '../../src/console/web/time/zone.js';

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

  it.each([
    ['1250.5', '1219.483676', '31.016324'],
    ['0', '0.000000000000000000000000000001', '-0.000000000000000000000000000001'],
    ['100000000000000000000000000000.1', '0.1', '100000000000000000000000000000'],
    ['7', '7.0', '0'],
    ['-1.5', '-2', '0.5'],
  ])('subtract exactly: %s − %s', (a, b, difference) => {
    expect(subtract(a, b)).toBe(difference);
    expect(sumOf([difference, b])).toBe(subtract(a, '0'));
  });

  it('are short for the eye, and never 0 where there is something', () => {
    expect(['1219.483676', '0.0573', '0.00000573', '0', '-3.00005'].map(showShort)).toEqual([
      '1,219.4837',
      '0.0573',
      '0.00000573',
      '0',
      '-3.0001',
    ]);
    expect(showMoney({ amount: '15.129761435', currency: 'USD' })).toBe('15.13 USD');
    expect(showMoney({ amount: '123456789012345678901.005', currency: 'USD' })).toBe(
      '123,456,789,012,345,678,901.01 USD',
    );
    expect(['31.016324', '-0.5', '0'].map((decimal) => withSign(decimal))).toEqual([
      '+31.016324',
      '−0.5',
      '0',
    ]);
  });

  it('say what part a difference is', () => {
    expect(partOf('31.016324', '1219.483676')).toBe(' (+2.5%)');
    expect(partOf('-609.741838', '1219.483676')).toBe(' (−50%)');
    expect(partOf('0.1', '1219')).toBe(' (less than 0.1%)');
    expect([partOf('1', '0'), partOf('0', '5')]).toEqual(['', '']);
  });

  it.each([
    ['1200.50', null],
    [' 7 ', null],
    ['1200,50', 'Use a point for decimals and no thousands separators, such as 0.01.'],
    ['1,200.50', 'Use a point for decimals and no thousands separators, such as 0.01.'],
    ['', 'Enter a number such as 0.01.'],
    ['-1', 'Enter a number such as 0.01.'],
    ['1e3', 'Enter a number such as 0.01.'],
    [`1${'0'.repeat(30)}`, 'Enter a number such as 0.01.'],
  ])('judge what was typed: "%s"', (typed, problem) => {
    expect(problemOfDecimal(typed, '0.01')).toBe(problem);
  });
});

describe('statements of the console', () => {
  const none = {
    messages_without_usage: 0,
    corrections: 0,
    quarantined: 0,
    redated: 0,
    totals_mismatched: 0,
    looks_cumulative: [],
    last_delivery_at: null,
  };
  const figures = (credits: string | null, cost: { currency: string; amount: string }[]) => ({
    messages: 1,
    messages_with_usage: credits === null ? 0 : 1,
    usage: credits === null ? null : { tokens: null, credits: creditsOf(credits) },
    cost,
  });
  const creditsOf = (total_credits: string) => ({
    total_credits,
    text_input_credits: null,
    text_output_credits: null,
    audio_input_credits: null,
    audio_output_credits: null,
  });
  const usd = (amount: string) => [{ currency: 'USD', amount }];
  const row = (agent: string, credits: string | null, cost = usd('1')) => ({
    ...figures(credits, cost),
    start: '2026-10-01',
    end: '2026-11-01',
    agent,
  });
  const document = {
    totals: figures('1219.483676', usd('11.029269235')),
    invoiced_credits: null,
    difference: null,
    completeness: { ...none, unpriced_credits: '20.28636' },
    agents: [row('sales', '1199.197316'), row('hr-helper', '20.28636', []), row('silent', null, [])],
  };
  const statement = {
    id: '1',
    period: '2026-10',
    tz: 'UTC',
    agent: null,
    closed_at: '2026-11-02T00:00:00.000Z',
    closed_by: null,
    replaces: null,
    replaced_by: null,
    sha256: '',
    reason: null,
    credits: '1219.483676',
    cost: usd('11.029269235'),
    invoiced_credits: null,
    difference: null,
    document,
    restatements: [],
  };

  it('are compared with the invoice', () => {
    expect(differenceOf('1250.50', '1219.483676')).toBe('31.016324');
    expect(showDifference('31.016324', '1219.483676')).toBe('+31.016324 (+2.5%)');
    expect(showDifference(differenceOf('7', null), null)).toBe('+7');
  });

  it('tell a cost that a price changed since, though nothing arrived', () => {
    const now = { ...statement, restated_totals: figures('1219.483676', usd('15.129761435')) };
    expect(sinceClosing(now)).toEqual({
      adjustments: 0,
      credits: null,
      cost: [{ currency: 'USD', now: '15.129761435', change: '4.1004922' }],
    });
    const moved = {
      ...statement,
      restated_totals: figures('1219.483676', [{ currency: 'EUR', amount: '9' }]),
    };
    expect(sinceClosing(moved)?.cost).toEqual([
      { currency: 'USD', now: '0', change: '-11.029269235' },
      { currency: 'EUR', now: '9', change: '9' },
    ]);
    expect(sinceClosing({ ...statement, restated_totals: document.totals })).toEqual({
      adjustments: 0,
      credits: null,
      cost: [],
    });
  });

  it('name the agents whose credits are not in the cost, also in documents that do not say how many', () => {
    expect(unpricedIn(document)).toEqual({ credits: '20.28636', agents: ['hr-helper'] });
    expect(unpricedIn({ ...document, completeness: none })).toEqual({
      credits: '20.28636',
      agents: ['hr-helper'],
    });
    expect(unpricedIn({ ...document, completeness: { ...none, unpriced_credits: '0' } })).toBeNull();
  });
});

describe('ranges of the console', () => {
  const month = (from: string, to: string) => ({ from, to });
  const noon = (date: string) => `${date}T12:00:00`;

  it.each([
    [
      'a month that is over',
      month('2026-03-01', '2026-04-01'),
      '2026-11-25',
      month('2026-02-01', '2026-03-01'),
    ],
    [
      'days that are over',
      month('2026-03-10', '2026-03-17'),
      '2026-11-25',
      month('2026-03-03', '2026-03-10'),
    ],
    ['a quarter', month('2026-07-01', '2026-10-01'), '2026-11-25', month('2026-04-01', '2026-07-01')],
    ['a month to come', month('2027-01-01', '2027-02-01'), '2026-11-25', month('2026-12-01', '2027-01-01')],
    [
      'the day after the last',
      month('2026-10-01', '2026-11-01'),
      '2026-11-01',
      month('2026-09-01', '2026-10-01'),
    ],
  ])('compare %s with the whole period before', (_, range, today, expected) => {
    expect(before(range, noon(today))).toEqual(expected);
  });

  it.each([
    [
      'this month',
      month('2026-11-01', '2026-12-01'),
      '2026-11-25T01:56:30',
      month('2026-10-01', '2026-10-25T01:56:30'),
    ],
    [
      'today',
      month('2026-11-25', '2026-11-26'),
      '2026-11-25T01:56:30',
      month('2026-11-24', '2026-11-24T01:56:30'),
    ],
    [
      'the last 7 days',
      month('2026-11-19', '2026-11-26'),
      '2026-11-25T01:56:30',
      month('2026-11-12', '2026-11-18T01:56:30'),
    ],
    [
      'a month after a shorter one, on its last day',
      month('2026-10-01', '2026-11-01'),
      '2026-10-31T12:00:00',
      month('2026-09-01', '2026-10-01'),
    ],
    [
      'March on its 29th',
      month('2026-03-01', '2026-04-01'),
      '2026-03-29T12:00:00',
      month('2026-02-01', '2026-03-01'),
    ],
    [
      'March on its 28th',
      month('2026-03-01', '2026-04-01'),
      '2026-03-28T12:00:00',
      month('2026-02-01', '2026-02-28T12:00:00'),
    ],
    [
      'a month in its first second',
      month('2026-11-01', '2026-12-01'),
      '2026-11-01T00:00:00',
      month('2026-10-01', '2026-10-01T00:00:01'),
    ],
  ])('compare %s with as much of the period before', (_, range, now, expected) => {
    expect(before(range, now)).toEqual(expected);
  });

  it.each([
    ['2026-10-24T01:56:30', 'Europe/Berlin', '2026-10-23T23:56:30.000Z'],
    // The clocks go back at 03:00: 02:30 comes twice, and the first is meant.
    ['2026-10-25T02:30:00', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
    ['2026-10-25T03:30:00', 'Europe/Berlin', '2026-10-25T02:30:00.000Z'],
    // The clocks leap from 02:00 to 03:00.
    ['2026-03-29T01:30:00', 'Europe/Berlin', '2026-03-29T00:30:00.000Z'],
    ['2026-03-29T02:30:00', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
    ['2026-03-29T03:30:00', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
    ['2026-10-25T01:56:30', 'Asia/Kathmandu', '2026-10-24T20:11:30.000Z'],
    ['2026-10-25T01:56:30', 'UTC', '2026-10-25T01:56:30.000Z'],
  ])('find the instant of %s in %s', (local, tz, instant) => {
    expect(instantAt(local, tz)).toBe(instant);
  });

  it.each([
    ['2026-10-01T00:00:00.000+02:00', '2026-10-25T01:56:30.000+02:00', '1–25 Oct, until 01:56'],
    ['2026-10-01T00:00:00.000+02:00', '2026-11-01T00:00:00.000+01:00', '1–31 Oct'],
    ['2026-11-24T00:00:00.000+00:00', '2026-11-24T01:56:30.000+00:00', '24 Nov, until 01:56'],
    ['2026-11-24T00:00:00.000+00:00', '2026-11-25T00:00:00.000+00:00', '24 Nov'],
    ['2026-09-28T00:00:00.000+00:00', '2026-10-05T00:00:00.000+00:00', '28 Sep – 4 Oct'],
    ['2025-12-28T00:00:00.000+00:00', '2026-01-04T00:00:00.000+00:00', '28 Dec 2025 – 3 Jan 2026'],
  ])('name %s to %s', (from, to, span) => {
    expect(showSpan(from, to)).toBe(span);
  });

  it('name a month, and leave what is none', () => {
    expect([showMonth('2026-10'), showMonth('')]).toEqual(['October 2026', '']);
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
