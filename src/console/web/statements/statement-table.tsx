import { Anchor, Badge, Button, Group, Table, Text } from '@mantine/core';
import type { Statement } from '../api/types.js';
import { Copy } from '../elements/copy.js';
import { FigureCell, FigureHead } from '../elements/figure-cell.js';
import { creditsOf, showDecimal } from '../figures/figures.js';
import { useZone } from '../session/session.js';
import { showInstant } from '../time/zone.js';
import { Restatements } from './restatements.js';
import { useWhole } from './use-whole.js';

/** The list of statements: what each froze, its files, and its hash. */
export function StatementTable({
  rows,
  onReplace,
}: {
  rows: Statement[];
  onReplace: ((statement: Statement) => void) | null;
}) {
  return (
    <Table.ScrollContainer minWidth={860} tabIndex={0}>
      <Table verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Month</Table.Th>
            <Table.Th scope="col">Agent</Table.Th>
            <FigureHead>Credits</FigureHead>
            <Table.Th scope="col">Since then</Table.Th>
            <Table.Th scope="col">Files</Table.Th>
            <Table.Th scope="col">SHA-256</Table.Th>
            <Table.Th scope="col">Closed</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((statement) => (
            <Row key={statement.id} statement={statement} onReplace={onReplace} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Row({
  statement,
  onReplace,
}: {
  statement: Statement;
  onReplace: ((statement: Statement) => void) | null;
}) {
  const zone = useZone();
  const whole = useWhole(statement.id).data;
  const { id, period, tz, agent, closed_at, sha256, replaces, replaced_by } = statement;
  const path = `/v1/statements/${id}`;
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm" fw={600}>
          {period}
        </Text>
        <Text size="xs" c="dimmed">
          {tz}
        </Text>
      </Table.Td>
      <Table.Td>{agent ?? 'all agents'}</Table.Td>
      <FigureCell>{showDecimal(creditsOf(whole?.document?.totals?.usage))}</FigureCell>
      <Table.Td>
        {replaced_by && (
          <Badge color="gray" variant="outline">
            replaced
          </Badge>
        )}
        {replaces && (
          <Badge variant="outline" color="gray">
            replaces an earlier one
          </Badge>
        )}
        {!replaced_by && <Restatements whole={whole} />}
        {!replaced_by && onReplace && (
          <Button variant="subtle" size="compact-xs" px={0} onClick={() => onReplace(statement)}>
            Replace…
          </Button>
        )}
      </Table.Td>
      <Table.Td>
        <Group gap="sm" wrap="nowrap">
          <Anchor size="sm" href={`${path}/document`} download={`statement-${period}-${id}.json`}>
            JSON
          </Anchor>
          <Anchor size="sm" href={`${path}/csv`} download={`statement-${period}-${id}.csv`}>
            CSV
          </Anchor>
        </Group>
      </Table.Td>
      <Table.Td>
        <Group gap="xs" wrap="nowrap">
          <span className="mono" title={sha256}>
            {sha256.slice(0, 12)}…
          </span>
          <Copy value={sha256} name="the hash" />
        </Group>
      </Table.Td>
      <Table.Td className="when">{showInstant(closed_at, zone)}</Table.Td>
    </Table.Tr>
  );
}
