import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useAddress } from '../address.js';
import { ask } from '../api/request.js';
import type { Conversation, Page } from '../api/types.js';
import { useZone } from '../session/session.js';

const ORDERS: Record<string, { sort: string; order: string }> = {
  oldest: { sort: 'last_message_at', order: 'asc' },
  dearest: { sort: 'credits', order: 'desc' },
};

/** The list that the address asks for, page by page. */
export function useConversations() {
  const { params } = useAddress();
  const tz = useZone();
  const values = {
    q: params.get('q'),
    agent: params.get('agent'),
    from: params.get('from'),
    to: params.get('to'),
    ...(params.has('from') || params.has('to') ? { tz } : {}),
    ...ORDERS[params.get('sort') ?? ''],
    limit: 100,
  };
  return useInfiniteQuery({
    queryKey: ['conversations', values],
    queryFn: ({ pageParam, signal }) =>
      ask<Page<Conversation>>('/v1/conversations', { ...values, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    placeholderData: keepPreviousData,
    // Whoever scrolled far would else have every page asked for again with each look away. Come back to, it begins anew.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}
