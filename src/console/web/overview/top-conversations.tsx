import { Anchor, Group, Paper, Title } from '@mantine/core';
import { withParameters } from '../api/request.js';
import { EmptyState, ErrorState, Waiting } from '../elements/states.js';
import { ConversationRows } from './conversation-rows.js';
import { useQuestion, useTopConversations } from './use-report.js';

export function TopConversations() {
  const top = useTopConversations();
  const { range, tz, agent } = useQuestion();
  const csv = withParameters('/v1/usage', {
    ...range,
    tz,
    agent,
    bucket: 'none',
    group_by: 'conversation',
    sort: 'credits',
    format: 'csv',
  });
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          Dearest conversations
        </Title>
        <Anchor href={csv} download={`conversations-${range.from}.csv`} size="sm">
          CSV of all
        </Anchor>
      </Group>
      {top.error && <ErrorState error={top.error} again={() => void top.refetch()} />}
      {top.isPending && <Waiting />}
      {top.data?.data.length === 0 && <EmptyState title="No conversation in this range" />}
      {top.data && top.data.data.length > 0 && <ConversationRows rows={top.data.data} />}
    </Paper>
  );
}
