import { Stack, Table } from '@mantine/core';
import { FigureCell, FigureHead } from '../elements/figure-cell.js';
import { EmptyState, ErrorState, Waiting } from '../elements/states.js';
import { showDecimal } from '../figures/figures.js';
import { useRights } from '../session/session.js';
import { AddPrice } from './add-price.js';
import { usePrices } from './use-prices.js';

/** What a credit costs from which day on. Prices are only ever added. */
export function Prices({ agent }: { agent: string }) {
  const { isFinance } = useRights();
  const prices = usePrices(agent);
  const rows = prices.data?.data ?? [];
  return (
    <Stack>
      {prices.error && <ErrorState error={prices.error} />}
      {prices.isPending && <Waiting height={80} />}
      {prices.data && rows.length === 0 && (
        <EmptyState title="No price yet">Without a price, usage is shown in credits only.</EmptyState>
      )}
      {rows.length > 0 && (
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">From</Table.Th>
              <FigureHead>Price per credit</FigureHead>
              <Table.Th scope="col">Currency</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map(({ from, per_credit, currency }, index) => (
              // A later price of the same day corrects the earlier one: both are listed.
              <Table.Tr key={`${from} ${currency} ${index}`}>
                <Table.Td>{from}</Table.Td>
                <FigureCell>{showDecimal(per_credit)}</FigureCell>
                <Table.Td>{currency}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {isFinance && prices.data && <AddPrice agent={agent} currency={rows.at(-1)?.currency ?? 'USD'} />}
    </Stack>
  );
}
