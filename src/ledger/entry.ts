import { subtractDecimals } from './decimal.js';
import { FIGURES, type Figures } from './figures.js';

/** Figures as decimal texts, in the order of `FIGURES`. */
export type FigureTexts = (string | null)[];

export const NO_FIGURES: FigureTexts = FIGURES.map(() => null);

export const asTexts = (figures: Figures): FigureTexts =>
  FIGURES.map((name) => (figures[name] === null ? null : String(figures[name])));

/** Which figures are reported: bit k for figure number k. */
export function reportersOf(figures: FigureTexts): number {
  let reporters = 0;
  for (let k = 0; k < figures.length; k++) if (figures[k] !== null) reporters |= 1 << k;
  return reporters;
}

/**
 * The ledger entry that leads from one set of figures to another, or nothing where they are the same. A figure's
 * difference is null if neither reported it; `reporters_*` have bit k set where figure k began or ceased to be reported.
 */
export function entry(before: FigureTexts, after: FigureTexts): object {
  let gained = 0;
  let lost = 0;
  let differs = false;
  const differences: Record<string, string | null> = {};
  FIGURES.forEach((name, k) => {
    const old = before[k] ?? null;
    const now = after[k] ?? null;
    if (old === now) {
      differences[name] = now === null ? null : '0';
      return;
    }
    differs = true;
    if (old === null) gained |= 1 << k;
    if (now === null) lost |= 1 << k;
    differences[name] = old === null ? now : subtractDecimals(now ?? '0', old);
  });
  if (!differs) return {};
  const kind = before.every((figure) => figure === null) ? 'usage' : 'correction';
  return { entry_kind: kind, reporters_gained: gained, reporters_lost: lost, ...differences };
}
