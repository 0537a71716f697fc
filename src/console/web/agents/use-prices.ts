import { queryOptions, useQuery } from '@tanstack/react-query';
import { askAll } from '../api/request.js';
import type { Page, Price } from '../api/types.js';

export const pricesOf = (agent: string) =>
  queryOptions({
    queryKey: ['prices', agent],
    queryFn: () => askAll<Price, Page<Price>>(`/v1/agents/${agent}/prices`, { limit: 200 }),
  });

export const usePrices = (agent: string) => useQuery(pricesOf(agent));
