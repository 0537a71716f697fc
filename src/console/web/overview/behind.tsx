import { Anchor, Button, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useAddress } from '../address.js';
import { ask, withParameters } from '../api/request.js';
import type { UsageReport } from '../api/types.js';
import { PageTitle } from '../elements/page-title.js';
import { EmptyState, ErrorState, Waiting } from '../elements/states.js';
import { creditsOf, showCount, showDecimal, tokensOf } from '../figures/figures.js';
import { useZone } from '../session/session.js';
import { showInstant } from '../time/zone.js';
import { ConversationRows } from './conversation-rows.js';

/** What a bar is made of: the conversations that used something in its time, whenever they ended. */
export default function Behind() {
  const tz = useZone();
  const { params } = useAddress();
  const values = {
    from: params.get('from'),
    to: params.get('to'),
    agent: params.get('agent'),
    tz,
    bucket: 'none',
    group_by: 'conversation',
    sort: 'credits',
  };
  const list = useInfiniteQuery({
    queryKey: ['usage', 'behind', values],
    queryFn: ({ pageParam, signal }) =>
      ask<UsageReport>('/v1/usage', { ...values, limit: 100, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
  });
  const report = list.data?.pages[0];
  const rows = list.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <Stack gap="lg">
      <PageTitle
        title="Conversations behind a bar"
        about={
          report &&
          `From ${showInstant(report.from, tz)} to before ${showInstant(report.to, tz)}. The figures are those of this time alone.`
        }
      >
        <Anchor href={withParameters('/v1/usage', { ...values, format: 'csv' })} download size="sm">
          CSV
        </Anchor>
      </PageTitle>
      {list.error && <ErrorState error={list.error} again={() => void list.refetch()} />}
      {list.isPending && <Waiting height={480} />}
      {report && (
        <Text size="sm">
          {showCount(report.totals.messages)} {report.totals.messages === 1 ? 'message' : 'messages'} ·{' '}
          {showCount(tokensOf(report.totals.usage))} tokens · {showDecimal(creditsOf(report.totals.usage))}{' '}
          credits
        </Text>
      )}
      {report && rows.length === 0 && <EmptyState title="No conversation in this time" />}
      {rows.length > 0 && <ConversationRows rows={rows} />}
      {list.hasNextPage && (
        <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more
        </Button>
      )}
    </Stack>
  );
}
