import { stringify } from 'lossless-json';
import { subtractDecimals } from '../ledger/decimal.js';
import { formatInstant, formatLocal } from '../query/time/format.js';
import type { TimeRange } from '../query/time/range.js';
import type { UsageReport } from '../query/usage/usage.service.js';
import { presentCompleteness, presentRows, presentSums } from '../query/usage/usage-report.presenter.js';
import { TZDATA } from '../time/tzdata.js';

/** What a statement is about. */
export interface Closing {
  id: string;
  period: string;
  range: TimeRange;
  agent: string | null;
  /** The closing: everything recorded by then is counted, and nothing else. */
  asOf: Date;
  replaces: string | null;
  reason: string | null;
  /** A canonical decimal. */
  invoicedCredits: string | null;
}

/**
 * The file that is handed out for a month, to the byte. It names agents and no conversation. Every report is as of the
 * closing: `days` has every local day of the month, `agents` those that have messages in it, a page after the other, and
 * `prices` each one that held on at least one day of the month, by agent and day.
 */
export function documentOf(closing: Closing, days: UsageReport, agents: UsageReport[]): Buffer {
  const { range, invoicedCredits } = closing;
  const { totals } = days;
  const document = {
    statement: closing.id,
    period: closing.period,
    tz: range.tz,
    from: formatLocal(range.from, range.tz),
    to: formatLocal(range.to, range.tz),
    agent: closing.agent,
    as_of: formatInstant(closing.asOf),
    tzdata: TZDATA,
    replaces: closing.replaces,
    reason: closing.reason,
    totals: presentSums(totals),
    cost: totals.cost,
    invoiced_credits: invoicedCredits,
    // Where nobody reported any credits, all that was invoiced is more than what is known.
    difference:
      invoicedCredits === null ? null : subtractDecimals(invoicedCredits, totals.total_credits ?? '0'),
    completeness: presentCompleteness(days),
    prices: days.prices.stretches.map(({ agent, fromDay, currency, perCredit }) => ({
      agent,
      from: fromDay,
      currency,
      per_credit: perCredit,
    })),
    days: presentRows(days),
    agents: agents.flatMap(presentRows),
  };
  return Buffer.from(`${stringify(document, null, 2)}\n`);
}
