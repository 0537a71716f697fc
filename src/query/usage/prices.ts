import { Temporal } from 'temporal-polyfill';
import { startOf, type TimeRange } from '../time/range.js';
import type { PriceRow } from './prices.sql.js';

/**
 * The prices of a range. Between two edges no price changes, so that credits need to be summed no finer than that to
 * be multiplied: the days of a month cost what the month costs.
 */
export interface Prices {
  /** The first instants of local days from which another price holds, inside the range, rising. */
  edges: Date[];
  /** Which price holds in which stretches; number 0 is the one before the first edge. */
  stretches: Stretch[];
}

export interface Stretch {
  agent: string;
  currency: string;
  perCredit: string;
  first: number;
  last: number;
}

/** @param rows by agent and currency, and for each of them by day, each day once */
export function pricesIn(range: TimeRange, rows: PriceRow[]): Prices {
  const { from, to, tz } = range;
  const held = rows
    .map((row, index) => {
      const next = rows[index + 1];
      const isSeries = next?.agent_id === row.agent_id && next.currency === row.currency;
      return { row, since: startOfDay(row, tz), until: next && isSeries ? startOfDay(next, tz) : to };
    })
    .filter(({ since, until }) => since < to && until > from && since < until);
  const starts = held.flatMap(({ since, until }) => [since.getTime(), until.getTime()]);
  const inside = starts.filter((time) => time > from.getTime() && time < to.getTime());
  const edges = [...new Set(inside)].sort((a, b) => a - b);
  const stretches = held.map(({ row, since, until }) => ({
    agent: row.agent_id,
    currency: row.currency,
    perCredit: row.per_credit,
    first: edges.filter((edge) => edge <= since.getTime()).length,
    last: edges.filter((edge) => edge < until.getTime()).length,
  }));
  return { edges: edges.map((edge) => new Date(edge)), stretches };
}

const startOfDay = (row: PriceRow, tz: string) => startOf(Temporal.PlainDate.from(row.from_day), tz);
