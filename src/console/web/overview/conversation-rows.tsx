import { Anchor, Table } from '@mantine/core';
import { linkTo } from '../address.js';
import type { UsageRow } from '../api/types.js';
import { FigureCell, FigureHead } from '../elements/figure-cell.js';
import { creditsOf, showCount, showDecimal, tokensOf } from '../figures/figures.js';

/** Conversations with what they used in the time that a report is about. */
export function ConversationRows({ rows }: { rows: UsageRow[] }) {
  return (
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
          {rows.map((row) => (
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
  );
}
