import { Anchor, Badge, Button, Group, Table, Text } from '@mantine/core';
import type { Statement, StatementDocument } from '../api/types.js';
import { Copy } from '../elements/copy.js';
import { FigureCell, FigureHead } from '../elements/figure-cell.js';
import { Unpriced } from '../elements/unpriced.js';
import { isZero } from '../figures/decimal.js';
import { showDecimal, showExactMoney, showMoney, UNKNOWN } from '../figures/figures.js';
import { useZone } from '../session/session.js';
import { showInstant } from '../time/zone.js';
import { AfterClosing } from './after-closing.js';
import { showDifference } from './difference.js';
import { unpricedIn } from './unpriced-in.js';
import { useWhole } from './use-whole.js';

/** The list of statements: what each froze, how that compares with the invoice and with today, its files, and its hash. */
export function StatementTable({
  rows,
  onReplace,
}: {
  rows: Statement[];
  onReplace: ((statement: Statement) => void) | null;
}) {
  return (
    <Table.ScrollContainer minWidth={980} tabIndex={0}>
      <Table verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Month</Table.Th>
            <Table.Th scope="col">Agent</Table.Th>
            <FigureHead>Credits</FigureHead>
            <FigureHead>Invoiced / Difference</FigureHead>
            <FigureHead>Cost</FigureHead>
            <Table.Th scope="col">After closing</Table.Th>
            <Table.Th scope="col">Files</Table.Th>
            <Table.Th scope="col">Closed at</Table.Th>
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
  const { id, period, tz, agent, closed_at, sha256, replaces, replaced_by, reason } = statement;
  const document = whole?.document;
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
      <FigureCell>{showDecimal(statement.credits)}</FigureCell>
      <FigureCell>
        <Invoiced statement={statement} />
      </FigureCell>
      <FigureCell>
        <Cost statement={statement} />
      </FigureCell>
      <Table.Td>
        {replaced_by && (
          <Badge color="gray" variant="outline">
            replaced
          </Badge>
        )}
        {replaces && (
          <Badge variant="outline" color="gray" title={reason ?? undefined}>
            replaces an earlier one
          </Badge>
        )}
        {!replaced_by && whole && <AfterClosing whole={whole} />}
        {document && <LeftOut document={document} />}
        {!replaced_by && onReplace && (
          <Button variant="subtle" size="compact-sm" px={0} onClick={() => onReplace(statement)}>
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
        <Group gap="xs" wrap="nowrap">
          <span className="mono unbroken" title={`SHA-256 ${sha256}`}>
            {sha256.slice(0, 12)}…
          </span>
          <Copy value={sha256} name="the hash" />
        </Group>
      </Table.Td>
      <Table.Td className="when">{showInstant(closed_at, zone)}</Table.Td>
    </Table.Tr>
  );
}

function Invoiced({ statement: { credits, invoiced_credits, difference } }: { statement: Statement }) {
  if (invoiced_credits === null || difference === null) return UNKNOWN;
  return (
    <>
      <div>{showDecimal(invoiced_credits)}</div>
      <Text size="xs">{showDifference(difference, credits)}</Text>
    </>
  );
}

function Cost({ statement: { credits, cost } }: { statement: Statement }) {
  if (cost.length === 0) return isZero(credits ?? '0') ? UNKNOWN : 'no price';
  return cost.map((money) => (
    <div key={money.currency} title={showExactMoney(money)}>
      {showMoney(money)}
    </div>
  ));
}

function LeftOut({ document }: { document: StatementDocument }) {
  const unpriced = unpricedIn(document);
  return (
    unpriced && (
      <Text size="xs">
        <Unpriced {...unpriced} />
      </Text>
    )
  );
}
