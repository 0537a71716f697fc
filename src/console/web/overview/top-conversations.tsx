import { Anchor, Group, Paper, Table, Title } from '@mantine/core';
import { linkTo } from '../address.js';
import { withParameters } from '../api/request.js';
import { FigureCell, FigureHead } from '../elements/figure-cell.js';
import { EmptyState, ErrorState, Waiting } from '../elements/states.js';
import { creditsOf, showCount, showDecimal, tokensOf } from '../figures/figures.js';
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
      {top.data && top.data.data.length > 0 && (
        <Table.ScrollContainer minWidth={0} tabIndex={0}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">Conversation</Table.Th>
                <Table.Th scope="col" visibleFrom="sm">
                  Agent
                </Table.Th>
                <FigureHead visibleFrom="sm">Messages</FigureHead>
                <FigureHead visibleFrom="sm">Tokens</FigureHead>
                <FigureHead>Credits</FigureHead>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {top.data.data.map((row) => (
                <Table.Tr key={`${row.agent} ${row.conversation_id}`}>
                  <Table.Td className="id">
                    <Anchor
                      href={linkTo('/conversation', { agent: row.agent, id: row.conversation_id })}
                      size="sm"
                    >
                      {row.conversation_id}
                    </Anchor>
                  </Table.Td>
                  <Table.Td visibleFrom="sm">{row.agent}</Table.Td>
                  <FigureCell visibleFrom="sm">{showCount(row.messages)}</FigureCell>
                  <FigureCell visibleFrom="sm">{showCount(tokensOf(row.usage))}</FigureCell>
                  <FigureCell>{showDecimal(creditsOf(row.usage))}</FigureCell>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Paper>
  );
}
