/**
 * Exact decimals as strings: plain digits with an optional sign and point, no exponent, no leading or trailing
 * zeros, zero always "0". This is what PostgreSQL's `trim_scale(x)::text` gives, so both sides compare as text.
 */

/** Digits kept on either side of the point: values stay below 10^30 and have at most 30 decimal places. */
const DIGITS = 30;

// Every part starts with a character that the part before cannot continue with, so matching is linear.
const JSON_NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * The canonical decimal that a JSON number literal stands for, or `null` if the text is no JSON number, reaches
 * 10^30 in magnitude or needs more than 30 decimal places (trailing zeros are not counted). Takes time linear in
 * the length of the text, whatever its exponent: an exponent is only written out once the result is known to fit.
 */
export function toDecimal(literal: string): string | null {
  const match = JSON_NUMBER.exec(literal);
  if (!match) return null;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = whole + fraction;

  let first = 0;
  while (digits[first] === '0') first++;
  if (first === digits.length) return '0';
  let end = digits.length;
  while (digits[end - 1] === '0') end--;

  // How many of the significant digits stand before the point; an absurd exponent makes it ±Infinity.
  const before = Number(exponent) + whole.length - first;
  const significant = digits.slice(first, end);
  if (before > DIGITS || significant.length - before > DIGITS) return null;
  return sign + placePoint(significant, before);
}

function placePoint(significant: string, before: number): string {
  if (before <= 0) return `0.${'0'.repeat(-before)}${significant}`;
  if (before >= significant.length) return significant.padEnd(before, '0');
  return `${significant.slice(0, before)}.${significant.slice(before)}`;
}

/** The exact sum of canonical decimals of either sign; the sum of none is "0". */
export function addDecimals(...terms: string[]): string {
  let sum = 0n;
  for (const term of terms) sum += scale(term);
  return unscale(sum);
}

/** The exact difference `a - b` of canonical decimals of either sign. */
export function subtractDecimals(a: string, b: string): string {
  return unscale(scale(a) - scale(b));
}

/** The decimal as a whole number of 10^-30. */
function scale(decimal: string): bigint {
  const point = decimal.indexOf('.');
  if (point < 0) return BigInt(decimal + '0'.repeat(DIGITS));
  return BigInt(decimal.slice(0, point) + decimal.slice(point + 1).padEnd(DIGITS, '0'));
}

function unscale(scaled: bigint): string {
  if (scaled === 0n) return '0';
  if (scaled < 0n) return `-${unscale(-scaled)}`;
  const digits = String(scaled).padStart(DIGITS + 1, '0');
  let end = digits.length;
  while (end > digits.length - DIGITS && digits[end - 1] === '0') end--;
  const whole = digits.slice(0, -DIGITS);
  const fraction = digits.slice(digits.length - DIGITS, end);
  return fraction ? `${whole}.${fraction}` : whole;
}
