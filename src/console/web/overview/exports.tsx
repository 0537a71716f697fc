import { Anchor, Group, Paper, Table, Title } from '@mantine/core';
import { withParameters } from '../api/request.js';
import { useQuestion } from './use-report.js';

const KINDS = [
  { kind: 'messages', name: 'Messages', about: 'who said what, with the figures of each' },
  { kind: 'entries', name: 'Ledger entries', about: 'every booking, and every correction of one' },
  { kind: 'deliveries', name: 'Deliveries', about: 'the bodies as they arrived' },
];
const FORMATS = { csv: 'CSV', ndjson: 'NDJSON' };

/** Everything behind the figures, as files that the server makes. */
export function Exports() {
  const { range, tz, agent } = useQuestion();
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h4" mb="sm">
        Export this range
      </Title>
      <Table>
        <Table.Tbody>
          {KINDS.map(({ kind, name, about }) => (
            <Table.Tr key={kind}>
              <Table.Th scope="row">{name}</Table.Th>
              <Table.Td visibleFrom="sm">{about}</Table.Td>
              <Table.Td>
                <Group gap="sm" justify="flex-end" wrap="nowrap">
                  {Object.entries(FORMATS).map(([format, label]) => (
                    <Anchor
                      key={format}
                      href={withParameters('/v1/export', { kind, format, ...range, tz, agent })}
                      download
                      size="sm"
                      aria-label={`${name} as ${label}`}
                    >
                      {label}
                    </Anchor>
                  ))}
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}
