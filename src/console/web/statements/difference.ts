import { subtract } from '../figures/decimal.js';
import { partOf, withSign } from '../figures/figures.js';

/** What was invoiced beyond what was counted. Where nobody reported any credits, that is all of it. */
export const differenceOf = (invoiced: string, counted: string | null): string =>
  subtract(invoiced, counted ?? '0');

/** `+31.016324 (+2.5%)` */
export const showDifference = (difference: string, counted: string | null): string =>
  withSign(difference) + partOf(difference, counted ?? '0');
