import { Button, Group, Stack, Table, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { askAll, tell } from '../api/request.js';
import type { Page, Price } from '../api/types.js';
import { FigureCell, FigureHead } from '../elements/figure-cell.js';
import { EmptyState, ErrorState, Waiting } from '../elements/states.js';
import { showDecimal } from '../figures/figures.js';
import { useZone } from '../session/session.js';
import { addMonths } from '../time/range.js';
import { todayIn } from '../time/zone.js';

/** What a credit costs from which day on. Prices are only ever added. */
export function Prices({ agent }: { agent: string }) {
  const path = `/v1/agents/${agent}/prices`;
  const queries = useQueryClient();
  const firstOfMonth = addMonths(todayIn(useZone()), 0);
  const [problem, setProblem] = useState<Error | null>(null);
  const prices = useQuery({
    queryKey: ['prices', agent],
    queryFn: () => askAll<Price, Page<Price>>(path, {}),
  });
  const add = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    setProblem(null);
    try {
      await tell('POST', path, Object.fromEntries(new FormData(form)));
      form.reset();
      await queries.invalidateQueries({ queryKey: ['prices', agent] });
      await queries.invalidateQueries({ queryKey: ['usage'] });
    } catch (error) {
      setProblem(error as Error);
    }
  };
  return (
    <Stack>
      {prices.error && <ErrorState error={prices.error} />}
      {prices.isPending && <Waiting height={80} />}
      {prices.data?.data.length === 0 && (
        <EmptyState title="No price yet">Without a price, usage is shown in credits only.</EmptyState>
      )}
      {prices.data && prices.data.data.length > 0 && (
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">From</Table.Th>
              <FigureHead>Per credit</FigureHead>
              <Table.Th scope="col">Currency</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {prices.data.data.map(({ from, per_credit, currency }, index) => (
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
      <form onSubmit={(event) => void add(event)}>
        <Stack gap="sm">
          <Text fw={600} size="sm">
            Add a price
          </Text>
          {problem && <ErrorState error={problem} />}
          <Group align="flex-end" gap="sm">
            <TextInput name="from" label="From" type="date" defaultValue={firstOfMonth} required />
            <TextInput
              name="per_credit"
              label="Per credit"
              inputMode="decimal"
              placeholder="0.01"
              flex="1 1 6rem"
              required
            />
            <TextInput name="currency" label="Currency" defaultValue="USD" maxLength={3} w={96} required />
          </Group>
          <Text size="xs" c="dimmed">
            It holds from the first instant of that day, and cannot be taken away: a later one corrects it.
          </Text>
          <Button type="submit">Add the price</Button>
        </Stack>
      </form>
    </Stack>
  );
}
