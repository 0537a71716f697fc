import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useAddress } from '../address.js';
import { ask, askAll } from '../api/request.js';
import type { UsageReport, UsageRow } from '../api/types.js';
import { useZone } from '../session/session.js';
import { before, fittingBucket, readRange } from '../time/range.js';
import { instantAt, nowIn } from '../time/zone.js';

export const BUCKETS = ['hour', 'day', 'week', 'month'] as const;

/** What the overview asks for, as its address says it. */
export function useQuestion() {
  const tz = useZone();
  const { params } = useAddress();
  const { preset: _, ...range } = readRange(params, tz);
  const bucket = BUCKETS.find((name) => name === params.get('bucket')) ?? fittingBucket(range);
  return {
    range,
    tz,
    bucket,
    agent: params.get('agent'),
    by: params.get('by') === 'message_type' ? ('message_type' as const) : ('agent' as const),
    show: params.get('show') === 'tokens' ? ('tokens' as const) : ('credits' as const),
  };
}

type Values = Record<string, string | number | null>;

const useUsage = (values: Values) =>
  useQuery({
    queryKey: ['usage', values],
    queryFn: () => askAll<UsageRow, UsageReport>('/v1/usage', values),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });

/** The report by buckets: all of them, those without a message included, with the totals and what is not whole. */
export function useCourse() {
  const { range, tz, bucket, agent } = useQuestion();
  return useUsage({ ...range, tz, bucket, agent });
}

/** The same buckets, by agent or message type. */
export function useParts() {
  const { range, tz, bucket, agent, by } = useQuestion();
  return useUsage({ ...range, tz, bucket, agent, group_by: by });
}

/** As much of the period before as has passed of this one by the time it is asked for. */
export function usePrevious() {
  const { range, tz, agent } = useQuestion();
  return useQuery({
    queryKey: ['usage', 'previous', { ...range, tz, agent }],
    queryFn: () => {
      const { from, to } = before(range, nowIn(tz));
      const end = to.includes('T') ? instantAt(to, tz) : to;
      return ask<UsageReport>('/v1/usage', { from, to: end, tz, bucket: 'none', agent });
    },
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });
}

const TOP = 10;

export function useTopConversations() {
  const { range, tz, agent } = useQuestion();
  const values = {
    ...range,
    tz,
    agent,
    bucket: 'none',
    group_by: 'conversation',
    sort: 'credits',
    limit: TOP,
  };
  return useQuery({
    queryKey: ['usage', 'top', values],
    queryFn: () => ask<UsageReport>('/v1/usage', values),
    placeholderData: keepPreviousData,
  });
}
