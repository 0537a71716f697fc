import { Temporal } from 'temporal-polyfill';
import { startOf, type TimeRange } from '../time/range.js';
import { AHEAD_MS, FIRST_MESSAGE } from './usage-sources.sql.js';

export interface PriceRow {
  agent_id: string;
  currency: string;
  /** A date, `2026-10-01`. */
  from_day: string;
  /** A plain decimal. */
  per_credit: string;
}

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

/** One price, where it holds inside the range. At any instant one price of an agent holds, or none. */
export interface Stretch {
  agent: string;
  /** The first local day for which it holds, `2026-10-01`; that may be before the range. */
  fromDay: string;
  currency: string;
  perCredit: string;
  first: number;
  last: number;
}

/** @param rows by agent, and for each of them by day, each day once: a price ends where the agent's next one begins */
export function pricesIn(range: TimeRange, rows: PriceRow[]): Prices {
  const { from, to, tz } = range;
  const held = rows
    .map((row, index) => {
      const next = rows[index + 1];
      const until = next?.agent_id === row.agent_id ? startOfDay(next, tz) : to;
      return { row, since: startOfDay(row, tz), until };
    })
    .filter(({ since, until }) => since < to && until > from && since < until);
  const starts = held.flatMap(({ since, until }) => [since.getTime(), until.getTime()]);
  const inside = starts.filter((time) => time > from.getTime() && time < to.getTime());
  const edges = [...new Set(inside)].sort((a, b) => a - b);
  const stretches = held.map(({ row, since, until }) => ({
    agent: row.agent_id,
    fromDay: row.from_day,
    currency: row.currency,
    perCredit: row.per_credit,
    first: edges.filter((edge) => edge <= since.getTime()).length,
    last: edges.filter((edge) => edge < until.getTime()).length,
  }));
  return { edges: edges.map((edge) => new Date(edge)), stretches };
}

/** For messages of any time. */
export const pricesOfAllTime = (tz: string, rows: PriceRow[]): Prices =>
  pricesIn({ from: new Date(FIRST_MESSAGE), to: new Date(Date.now() + AHEAD_MS), tz }, rows);

const startOfDay = (row: PriceRow, tz: string) => startOf(Temporal.PlainDate.from(row.from_day), tz);
