import type { Count, Figures, Money, Usage } from '../api/types.js';
import { changeInPermille, grouped, isZero, sumOf } from './decimal.js';

/** What was not reported is not zero. */
export const UNKNOWN = '–';

export const showCount = (count: Count | null | undefined): string =>
  count === null || count === undefined ? UNKNOWN : grouped(String(count));

export const showDecimal = (decimal: string | null | undefined): string =>
  decimal === null || decimal === undefined ? UNKNOWN : grouped(decimal);

export const creditsOf = (usage: Usage | null | undefined): string | null =>
  usage?.credits?.total_credits ?? null;

export const tokensOf = (usage: Usage | null | undefined): Count | null =>
  usage?.tokens?.total_tokens ?? null;

/** Credits for which no price held: a row whose cost is unknown, not 0. */
export const lacksPrice = ({ usage, cost }: Pick<Figures, 'usage' | 'cost'>): boolean =>
  cost.length === 0 && !isZero(creditsOf(usage) ?? '0');

/** Reads the digits of a text, never a double. A figure too small for its places keeps three digits that are not 0. */
function rounding(places: number, least: number): (decimal: string) => string {
  const usual = new Intl.NumberFormat('en', { minimumFractionDigits: least, maximumFractionDigits: places });
  const small = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
  const limit = 10 ** (1 - places);
  return (decimal) => {
    const isSmall = Math.abs(Number(decimal)) < limit && !isZero(decimal);
    return (isSmall ? small : usual).format(decimal as Intl.StringNumericLiteral);
  };
}

/** For the eye, in at most four places; the exact figure belongs beside it, in a title or a table. */
export const showShort = rounding(4, 0);

/** In two places, as money and invoices are written; the exact figure belongs beside it. */
export const toCents = rounding(2, 2);

/** `15.13 USD`. The exact amount belongs beside it. */
export const showMoney = ({ amount, currency }: Money): string => `${toCents(amount)} ${currency}`;

export const showExactMoney = ({ amount, currency }: Money): string => `${grouped(amount)} ${currency}`;

/** With its sign, `+31.016324` or `−0.5`; nothing has none. */
export function withSign(decimal: string, show: (magnitude: string) => string = grouped): string {
  if (isZero(decimal)) return show('0');
  return decimal.startsWith('-') ? `−${show(decimal.slice(1))}` : `+${show(decimal)}`;
}

/** ` (+2.5%)`: a difference as a part of what it is measured against; nothing where that is 0. */
export function partOf(difference: string, whole: string): string {
  const permille = changeInPermille(sumOf([difference, whole]), whole);
  if (permille === null || isZero(difference)) return '';
  if (permille === 0) return ' (less than 0.1%)';
  return ` (${withSign(String(permille / 10))}%)`;
}
