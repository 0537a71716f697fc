/** Credits have at most 30 decimal places, and a price as many again. */
const SCALE = 60;

/** A decimal as a whole number of 10^-60, to compare and subtract without rounding. */
function scaled(decimal: string): bigint {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal) ?? [];
  const magnitude = BigInt(whole + fraction.slice(0, SCALE).padEnd(SCALE, '0'));
  return sign ? -magnitude : magnitude;
}

/** The decimal that a whole number of 10^-60 stands for, without trailing zeros. */
function unscaled(value: bigint): string {
  const digits = String(value < 0n ? -value : value).padStart(SCALE + 1, '0');
  const fraction = digits.slice(-SCALE).replace(/0+$/, '');
  return (value < 0n ? '-' : '') + digits.slice(0, -SCALE) + (fraction && `.${fraction}`);
}

/** `a - b`, exactly. */
export const subtract = (a: string, b: string): string => unscaled(scaled(a) - scaled(b));

/** The exact sum; that of nothing is `0`. */
export const sumOf = (decimals: string[]): string =>
  unscaled(decimals.reduce((sum, decimal) => sum + scaled(decimal), 0n));

/** `1234567.25` as `1,234,567.25`: every digit, grouped for the eye. */
export function grouped(decimal: string): string {
  const [, sign = '', whole = decimal, rest = ''] = /^(-?)(\d+)(\.\d+)?$/.exec(decimal) ?? [];
  return sign + whole.replace(/\B(?=(\d{3})+$)/g, ',') + rest;
}

/**
 * By how much a sum changed, in tenths of a percent of what it was before; null where it was nothing.
 * Computed on the exact decimals; only the quotient is cut.
 */
export function changeInPermille(now: string, before: string): number | null {
  const base = scaled(before);
  if (base === 0n) return null;
  return Number(((scaled(now) - base) * 1_000n) / base);
}

export const isZero = (decimal: string) => scaled(decimal) === 0n;
