export interface TimeRange {
  from: Date;
  to: Date;
  tz: string;
}
export function readUsageRange(
  q: { from?: string; to?: string; period?: string; tz?: string },
  tz: string,
  _now: Date,
): TimeRange {
  return { from: new Date(q.from ?? '2025-09-01'), to: new Date(q.to ?? '2026-12-01'), tz: q.tz ?? tz };
}
