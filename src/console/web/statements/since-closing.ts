import type { Money, Statement } from '../api/types.js';
import { isZero, subtract } from '../figures/decimal.js';
import { creditsOf } from '../figures/figures.js';

/** A figure as it is now, and by how much that differs from what was frozen. */
export interface Changed {
  now: string;
  change: string;
}

export interface SinceClosing {
  /** Bookings that were recorded after the closing. */
  adjustments: number;
  /** Null where the credits are as they were frozen. */
  credits: Changed | null;
  /** The currencies whose amount is another now. */
  cost: (Changed & { currency: string })[];
}

/** What a closed month adds up to now against what was frozen; its cost is now by today's prices. */
export function sinceClosing({ document, restatements, restated_totals }: Statement): SinceClosing | null {
  if (!document || !restatements || !restated_totals) return null;
  const credits = changed(creditsOf(document.totals.usage), creditsOf(restated_totals.usage));
  return {
    adjustments: restatements.length,
    credits,
    cost: currenciesOf(document.totals.cost, restated_totals.cost).flatMap((currency) => {
      const change = changed(
        amountIn(document.totals.cost, currency),
        amountIn(restated_totals.cost, currency),
      );
      return change ? [{ currency, ...change }] : [];
    }),
  };
}

export const amountIn = (cost: Money[], currency: string): string | null =>
  cost.find((money) => money.currency === currency)?.amount ?? null;

export const currenciesOf = (...costs: Money[][]): string[] => [
  ...new Set(costs.flat().map(({ currency }) => currency)),
];

function changed(then: string | null, now: string | null): Changed | null {
  const change = subtract(now ?? '0', then ?? '0');
  return isZero(change) ? null : { now: now ?? '0', change };
}
