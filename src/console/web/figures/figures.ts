import type { Count, Usage } from '../api/types.js';
import { grouped } from './decimal.js';

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
