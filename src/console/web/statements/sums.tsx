import { Table } from '@mantine/core';
import type { Figures } from '../api/types.js';
import { FigureCell } from '../elements/figure-cell.js';
import { creditsOf, lacksPrice, showCount, showDecimal, tokensOf, UNKNOWN } from '../figures/figures.js';

/** The sums that are frozen, with every digit; each currency has a line of its own. */
export function Sums({ totals }: { totals: Figures }) {
  const { messages, messages_with_usage, usage, cost } = totals;
  const rows = [
    ['Messages', showCount(messages)],
    ['Messages with usage', showCount(messages_with_usage)],
    ['Tokens', showCount(tokensOf(usage))],
    ['Credits', showDecimal(creditsOf(usage))],
    ...cost.map(({ currency, amount }) => [`Cost in ${currency}`, showDecimal(amount)]),
    ...(cost.length === 0 ? [['Cost', lacksPrice(totals) ? 'no price' : UNKNOWN]] : []),
  ];
  return (
    <Table.ScrollContainer minWidth={0} type="native" tabIndex={0}>
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
    </Table.ScrollContainer>
  );
}
