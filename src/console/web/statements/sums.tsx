import { Table } from '@mantine/core';
import type { UsageReport } from '../api/types.js';
import { FigureCell } from '../elements/figure-cell.js';
import { creditsOf, showCount, showDecimal, tokensOf, UNKNOWN } from '../figures/figures.js';

export function Sums({ report }: { report: UsageReport }) {
  const { messages, messages_with_usage, usage, cost } = report.totals;
  const rows = [
    ['Messages', showCount(messages)],
    ['of them with usage', showCount(messages_with_usage)],
    ['Tokens', showCount(tokensOf(usage))],
    ['Credits', showDecimal(creditsOf(usage))],
    ['Cost', cost.map(({ currency, amount }) => `${showDecimal(amount)} ${currency}`).join(', ') || UNKNOWN],
  ];
  return (
    <Table withTableBorder>
      <Table.Tbody>
        {rows.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row">{name}</Table.Th>
            <FigureCell>{value}</FigureCell>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
