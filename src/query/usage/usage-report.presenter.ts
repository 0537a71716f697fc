import { formatInstant, formatLocal } from '../time/format.js';
import { GROUP_NAMES } from './groups.js';
import { presentUsage } from './usage.presenter.js';
import type { UsageReport } from './usage.service.js';
import type { UsageRow } from './usage.sql.js';

/** The answer of `GET /v1/usage`. */
export function presentUsageReport(report: UsageReport): object {
  const { range, totals } = report;
  return {
    from: formatLocal(range.from, range.tz),
    to: formatLocal(range.to, range.tz),
    tz: range.tz,
    bucket: report.bucket,
    group_by: report.groupBy,
    totals: presentSums(totals),
    data: presentRows(report),
    completeness: presentCompleteness(report),
    next_cursor: report.nextCursor,
  };
}

export const presentRows = (report: UsageReport): object[] =>
  report.groups.length > 0 ? report.rows.map((row) => presentRow(report, row)) : presentBuckets(report);

export const presentCompleteness = ({ totals, arrivals, looksCumulative }: UsageReport): object => ({
  messages_without_usage: BigInt(totals.messages_without_usage),
  corrections: BigInt(totals.corrections),
  quarantined: arrivals.quarantined,
  redated: BigInt(totals.redated),
  totals_mismatched: BigInt(totals.totals_mismatched),
  looks_cumulative: looksCumulative,
  last_delivery_at: arrivals.last_delivery_at && formatInstant(arrivals.last_delivery_at),
  unpriced_credits: totals.unpriced_credits,
});

function presentRow(report: UsageReport, row: UsageRow): object {
  const groups = report.groups.map((name) => [GROUP_NAMES[name], row[name]]);
  return { ...presentBounds(report, row.bucket), ...Object.fromEntries(groups), ...presentSums(row) };
}

/** Every bucket of the page: those without messages are there too, with unknown usage. */
function presentBuckets(report: UsageReport): object[] {
  const { first, last } = report.buckets;
  const rowOf = new Map(report.rows.map((row) => [row.bucket, row]));
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    ...presentBounds(report, first + index),
    ...presentSums(rowOf.get(first + index)),
  }));
}

function presentBounds({ edges, range }: UsageReport, bucket: number): object {
  return {
    start: formatLocal(edges[bucket - 1]!, range.tz),
    end: formatLocal(edges[bucket]!, range.tz),
  };
}

export function presentSums(row: UsageRow | undefined): object {
  return {
    messages: BigInt(row?.messages ?? 0),
    messages_with_usage: BigInt(row?.messages_with_usage ?? 0),
    usage: row ? presentUsage(row) : null,
    cost: row?.cost ?? [],
  };
}
