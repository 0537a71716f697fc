import { useQuery } from '@tanstack/react-query';
import { askAll } from '../api/request.js';
import type { UsageReport, UsageRow } from '../api/types.js';
import { isZero } from '../figures/decimal.js';
import { lacksPrice } from '../figures/figures.js';

/** A range as the API takes it, and maybe an agent. */
export type Question = { tz: string; agent: string | null } & (
  | { period: string }
  | { from: string; to: string }
);

/**
 * The agents to which the credits without a price belong. Asked day by day, for a price may begin within the range, and
 * only where there are such credits.
 */
export function useUnpricedAgents(question: Question, unpriced: string | undefined): string[] {
  const isAsked = !question.agent && unpriced !== undefined && !isZero(unpriced);
  const values = { ...question, bucket: 'day', group_by: 'agent' };
  const { data } = useQuery({
    queryKey: ['usage', values],
    queryFn: () => askAll<UsageRow, UsageReport>('/v1/usage', values),
    enabled: isAsked,
  });
  if (question.agent) return [question.agent];
  return [...new Set((data?.data ?? []).filter(lacksPrice).map(({ agent }) => agent ?? ''))].sort();
}
