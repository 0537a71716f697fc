import { formatInstant, formatLocal } from '../time/format.js';
import { presentUsage } from './usage.presenter.js';
import type { UsageReport } from './usage.service.js';
import type { UsageRow } from './usage.sql.js';

/** The answer of `GET /v1/usage`. Buckets without messages are there too, with unknown usage. */
export function presentUsageReport(report: UsageReport): object {
  const { range, edges, totals, rows, arrivals } = report;
  const local = (instant: Date) => formatLocal(instant, range.tz);
  const rowOf = new Map(rows.map((row) => [row.bucket, row]));
  return {
    from: local(range.from),
    to: local(range.to),
    tz: range.tz,
    bucket: report.bucket,
    group_by: [],
    totals: presentSums(totals),
    data: edges.slice(0, -1).map((start, index) => ({
      start: local(start),
      end: local(edges[index + 1]!),
      ...presentSums(rowOf.get(index + 1)),
    })),
    completeness: {
      messages_without_usage: totals.messages_without_usage,
      corrections: totals.corrections,
      quarantined: arrivals.quarantined,
      redated: totals.redated,
      totals_mismatched: totals.totals_mismatched,
      last_delivery_at: arrivals.last_delivery_at && formatInstant(arrivals.last_delivery_at),
    },
    next_cursor: null,
  };
}

function presentSums(row: UsageRow | undefined): object {
  return {
    messages: row?.messages ?? 0,
    messages_with_usage: row?.messages_with_usage ?? 0,
    usage: row ? presentUsage(row) : null,
  };
}
