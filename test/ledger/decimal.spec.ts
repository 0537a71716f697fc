import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addDecimals, subtractDecimals, toDecimal } from '../../src/ledger/decimal.js';

const ONE = 10n ** 30n;

/** The plain decimal of a whole number of 10^-30, written without the code under test. */
function plain(units: bigint): string {
  const magnitude = units < 0n ? -units : units;
  const fraction = String(magnitude % ONE)
    .padStart(30, '0')
    .replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${magnitude / ONE}${fraction && `.${fraction}`}`;
}

const units = fc.bigInt({ min: -(ONE * ONE) + 1n, max: ONE * ONE - 1n });

describe('toDecimal', () => {
  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['-0.000e5', '0'],
    ['0e999999999', '0'],
    ['29.0', '29'],
    ['2.9e1', '29'],
    ['1.4e-6', '0.0000014'],
    ['1.4E-06', '0.0000014'],
    ['-12.50', '-12.5'],
    ['100', '100'],
    ['1e+3', '1000'],
    ['123456789.123456789012345678', '123456789.123456789012345678'],
    ['9007199254740993', '9007199254740993'],
    ['1e29', `1${'0'.repeat(29)}`],
    ['0.1e30', `1${'0'.repeat(29)}`],
    ['1e-30', `0.${'0'.repeat(29)}1`],
    [`0.5${'0'.repeat(100)}`, '0.5'],
  ])('reads %s as %s', (literal, decimal) => {
    expect(toDecimal(literal)).toBe(decimal);
  });

  it.each([
    '',
    ' 1',
    '1 ',
    '1\n',
    '+1',
    '.5',
    '1.',
    '01',
    '-',
    '0x10',
    '1e',
    '1e1.5',
    'NaN',
    'Infinity',
    '１',
  ])('refuses %j, which is no JSON number', (text) => expect(toDecimal(text)).toBeNull());

  it.each([
    '1e30',
    '-1e30',
    `1${'0'.repeat(30)}`,
    '1e-31',
    '1.5e-30',
    '1e400',
    '1e999999999',
    '1e-999999999',
  ])('refuses %s, which does not fit', (literal) => expect(toDecimal(literal)).toBeNull());

  it('agrees with whole-number arithmetic on every way to write a number', () => {
    const shift = fc.integer({ min: -80, max: 80 });
    fc.assert(
      fc.property(units, shift, fc.nat({ max: 5 }), (value, by, zeros) => {
        // value * 10^-30 written with the point elsewhere and the exponent making up for it
        const digits = String(value < 0n ? -value : value) + (value === 0n ? '' : '0'.repeat(zeros));
        const literal = `${value < 0n ? '-' : ''}${digits}e${-30 - (value === 0n ? 0 : zeros)}`;
        expect(toDecimal(literal)).toBe(plain(value));
        const moved = `${value < 0n ? '-' : ''}${digits[0]}.${digits.slice(1)}0e${digits.length - 1 - 30 - zeros}`;
        expect(toDecimal(moved)).toBe(plain(value));
        // the same digits moved by a power of ten either fit exactly or are refused
        const scaled = toDecimal(`${value}e${by - 30}`);
        const exact = by >= 0 ? value * 10n ** BigInt(by) : value / 10n ** BigInt(-by);
        const fits =
          (by >= 0 || value % 10n ** BigInt(-by) === 0n) && exact < ONE * ONE && exact > -ONE * ONE;
        expect(scaled).toBe(fits ? plain(exact) : null);
      }),
    );
  });

  it('gives a double of up to 15 digits back as it was written', () => {
    const digits = fc.bigInt({ min: 0n, max: 10n ** 15n - 1n });
    fc.assert(
      fc.property(digits, fc.integer({ min: -30, max: 15 }), (value, exponent) => {
        const literal = `${value}e${exponent}`;
        expect(toDecimal(String(Number(literal)))).toBe(toDecimal(literal));
        expect(toDecimal(literal)).toBe(plain(value * 10n ** BigInt(30 + exponent)));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['digits', '9'.repeat(4e6)],
    ['digits that are no number at the end', `${'9'.repeat(4e6)}x`],
    ['zeros before a last digit', `0.1${'0'.repeat(4e6)}1`],
    ['exponent digits', `1e${'9'.repeat(4e6)}`],
    // A walk for each of them would take longer than a test may.
  ])('refuses four million %s', (_what, literal) => {
    expect(toDecimal(literal)).toBeNull();
  });
});

describe('addDecimals and subtractDecimals', () => {
  it('adds what doubles would blur', () => {
    // 0.0000014 + 123456789.123456789012345678
    expect(addDecimals('0.0000014', '123456789.123456789012345678')).toBe('123456789.123458189012345678');
    expect(addDecimals('0.1', '0.2')).toBe('0.3');
  });

  it('gives "0" for no terms and for terms that cancel out', () => {
    expect(addDecimals()).toBe('0');
    expect(addDecimals('0.5', '-0.5')).toBe('0');
    expect(subtractDecimals('0', '0')).toBe('0');
  });

  it('keeps the sign of a difference below one', () => {
    expect(subtractDecimals('0.25', '0.5')).toBe('-0.25');
    expect(subtractDecimals('-0.25', '-1')).toBe('0.75');
  });

  it('agrees with whole-number arithmetic, also beyond 10^30', () => {
    fc.assert(
      fc.property(units, units, units, (a, b, c) => {
        expect(addDecimals(plain(a), plain(b), plain(c))).toBe(plain(a + b + c));
        expect(subtractDecimals(plain(a), plain(b))).toBe(plain(a - b));
      }),
    );
  });
});
