import type { StatementDocument } from '../api/types.js';
import { isZero, sumOf } from '../figures/decimal.js';
import { creditsOf, lacksPrice } from '../figures/figures.js';

/**
 * The credits of a closed month that its cost leaves out, and the agents that have no price in it at all; null where
 * there are none. Documents of earlier versions say only the latter.
 */
export function unpricedIn({
  completeness,
  agents,
}: StatementDocument): { credits: string; agents: string[] } | null {
  const without = agents.filter(lacksPrice);
  const credits = completeness.unpriced_credits ?? sumOf(without.map(({ usage }) => creditsOf(usage) ?? '0'));
  return isZero(credits) ? null : { credits, agents: without.map(({ agent }) => agent ?? '') };
}
