import { Anchor, Group, Paper, SegmentedControl, Table, Text, Title } from '@mantine/core';
import { changeHere, linkTo, useAddress } from '../address.js';
import { withParameters } from '../api/request.js';
import type { UsageReport } from '../api/types.js';
import { FigureCell, FigureHead } from '../elements/figure-cell.js';
import { EmptyState, ErrorState, Waiting } from '../elements/states.js';
import {
  creditsOf,
  lacksPrice,
  showCount,
  showDecimal,
  showExactMoney,
  tokensOf,
  UNKNOWN,
} from '../figures/figures.js';
import { useRights } from '../session/session.js';
import { type Bar, nameOf, stack } from './stack.js';
import { StackedBars } from './stacked-bars.js';
import { useParts, useQuestion } from './use-report.js';

/** The chart, its table and its file. */
export function Course({ report }: { report: UsageReport }) {
  const { by, show, range, tz, bucket, agent } = useQuestion();
  const parts = useParts();
  const isTable = useAddress().params.get('view') === 'table';
  const csv = withParameters('/v1/usage', { ...range, tz, bucket, agent, group_by: by, format: 'csv' });
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          {show === 'credits' ? 'Credits' : 'Tokens'} by {by === 'agent' ? 'agent' : 'message type'}
        </Title>
        <Group gap="sm">
          <SegmentedControl
            size="xs"
            aria-label="Chart or table"
            value={isTable ? 'table' : 'chart'}
            onChange={(view) => changeHere({ view: view === 'table' ? view : null })}
            data={[
              { value: 'chart', label: 'Chart' },
              { value: 'table', label: 'Table' },
            ]}
          />
          <Anchor href={csv} download={`usage-${range.from}-${bucket}.csv`} size="sm">
            CSV
          </Anchor>
        </Group>
      </Group>
      {parts.error && <ErrorState error={parts.error} again={() => void parts.refetch()} />}
      {parts.isPending && <Waiting height={290} />}
      {parts.data && (isTable ? <Rows report={parts.data} /> : <Chart report={report} parts={parts.data} />)}
    </Paper>
  );
}

function Chart({ report, parts }: { report: UsageReport; parts: UsageReport }) {
  const { by, show, bucket, agent } = useQuestion();
  const { bars, names } = stack(report.data, parts.data, by, show);
  if (report.totals.messages === 0) return <Nothing />;
  const labelOf = ({ start }: Bar) => labelled(start, bucket);
  const linkOf = ({ start, end }: Bar) => linkTo('/behind', { from: start, to: end, agent });
  return (
    <>
      <StackedBars bars={bars} unit={show} labelOf={labelOf} linkOf={linkOf} />
      <ul className="legend">
        {names.map(({ name, colour }) => (
          <li key={name}>
            <svg width="10" height="10" aria-hidden="true">
              <rect width="10" height="10" rx="2" fill={colour} />
            </svg>
            {name}
          </li>
        ))}
      </ul>
    </>
  );
}

function Nothing() {
  const { isAdmin } = useRights();
  return (
    <div className="chart">
      <EmptyState title="No usage in this period">
        Choose another range, or{' '}
        {isAdmin ? (
          <Anchor href={linkTo('/connect')} underline="always" size="sm">
            connect AltaBots
          </Anchor>
        ) : (
          'ask your administrator to connect AltaBots'
        )}
        .
      </EmptyState>
    </div>
  );
}

function Rows({ report }: { report: UsageReport }) {
  const { by, bucket } = useQuestion();
  if (report.data.length === 0) return <Nothing />;
  return (
    <Table.ScrollContainer minWidth={560} tabIndex={0}>
      <Table striped>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Start</Table.Th>
            <Table.Th scope="col">{by === 'agent' ? 'Agent' : 'Type'}</Table.Th>
            <FigureHead>Messages</FigureHead>
            <FigureHead>Tokens</FigureHead>
            <FigureHead>Credits</FigureHead>
            <FigureHead>Cost</FigureHead>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {report.data.map((row) => (
            <Table.Tr key={`${row.start} ${nameOf(row, by)}`}>
              <Table.Td className="when">{labelled(row.start, bucket)}</Table.Td>
              <Table.Td>{nameOf(row, by)}</Table.Td>
              <FigureCell>{showCount(row.messages)}</FigureCell>
              <FigureCell>{showCount(tokensOf(row.usage))}</FigureCell>
              <FigureCell>{showDecimal(creditsOf(row.usage))}</FigureCell>
              <FigureCell>
                {lacksPrice(row) ? 'no price' : row.cost.map(showExactMoney).join(', ') || UNKNOWN}
              </FigureCell>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {report.next_cursor !== null && (
        <Text size="sm" c="dimmed" mt="sm">
          These are the first {report.data.length} rows. The CSV has all of them.
        </Text>
      )}
    </Table.ScrollContainer>
  );
}

/** Bounds carry the local offset, so the local time can be read off them. */
function labelled(start: string, bucket: string): string {
  if (bucket === 'hour') return start.slice(5, 16).replace('T', ' ');
  return bucket === 'month' ? start.slice(0, 7) : start.slice(0, 10);
}
