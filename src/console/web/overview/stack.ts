import type { UsageRow } from '../api/types.js';
import { creditsOf, showCount, showDecimal, tokensOf } from '../figures/figures.js';
import { SERIES } from '../theme.js';

export type Measure = 'credits' | 'tokens';

export interface Part {
  name: string;
  colour: string;
  /** The height. A double is exact enough for pixels, and for nothing else. */
  height: number;
  /** The figure with all its digits. */
  exact: string;
}

export interface Bar {
  start: string;
  end: string;
  parts: Part[];
  total: string;
}

const OTHERS = 'all others';

export const exactOf = (row: Pick<UsageRow, 'usage'>, measure: Measure): string =>
  measure === 'credits' ? showDecimal(creditsOf(row.usage)) : showCount(tokensOf(row.usage));

function heightOf(row: UsageRow, measure: Measure): number {
  const figure = measure === 'credits' ? creditsOf(row.usage) : tokensOf(row.usage);
  return Math.max(0, Number(figure ?? 0));
}

export const nameOf = (row: UsageRow, by: 'agent' | 'message_type'): string => row[by] ?? '';

/** One bar for each bucket, its parts in the same order and colours everywhere; the smallest are put together. */
export function stack(
  buckets: UsageRow[],
  rows: UsageRow[],
  by: 'agent' | 'message_type',
  measure: Measure,
): { bars: Bar[]; names: { name: string; colour: string }[] } {
  const sums = new Map<string, number>();
  for (const row of rows) {
    const name = nameOf(row, by);
    sums.set(name, (sums.get(name) ?? 0) + heightOf(row, measure));
  }
  const ordered = [...sums].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const fits = ordered.length <= SERIES.length;
  const shown = fits ? ordered : ordered.slice(0, SERIES.length - 1);
  const names = (fits ? shown : [...shown, OTHERS]).map((name, index) => ({
    name,
    colour: SERIES[index] ?? '',
  }));

  const byStart = new Map<string, UsageRow[]>();
  for (const row of rows) byStart.set(row.start, [...(byStart.get(row.start) ?? []), row]);
  const bars = buckets.map((bucket) => ({
    start: bucket.start,
    end: bucket.end,
    total: exactOf(bucket, measure),
    parts: partsOf(byStart.get(bucket.start) ?? [], names, by, measure),
  }));
  return { bars, names };
}

function partsOf(
  rows: UsageRow[],
  names: { name: string; colour: string }[],
  by: 'agent' | 'message_type',
  measure: Measure,
): Part[] {
  return names.flatMap(({ name, colour }) => {
    const isRest = name === OTHERS;
    const own = rows.filter((row) =>
      isRest ? !names.some((other) => other.name === nameOf(row, by)) : nameOf(row, by) === name,
    );
    const [only] = own;
    if (!only) return [];
    const height = own.reduce((sum, row) => sum + heightOf(row, measure), 0);
    return [
      { name, colour, height, exact: own.length === 1 ? exactOf(only, measure) : `${own.length} groups` },
    ];
  });
}
