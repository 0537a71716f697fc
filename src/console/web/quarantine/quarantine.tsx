import { Button, NativeSelect, Stack, Table, Text } from '@mantine/core';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { changeHere, useAddress } from '../address.js';
import { ask, tell } from '../api/request.js';
import type { Page, Quarantined } from '../api/types.js';
import { useSubmit } from '../api/use-submit.js';
import { AgentPicker } from '../elements/agent-picker.js';
import { FigureCell, FigureHead } from '../elements/figure-cell.js';
import { PageTitle } from '../elements/page-title.js';
import { EmptyState, ErrorState, Waiting } from '../elements/states.js';
import { showCount } from '../figures/figures.js';
import { useZone } from '../session/session.js';
import { showInstant } from '../time/zone.js';
import { OneQuarantined } from './one-quarantined.js';

export const QUARANTINE = ['quarantine'];

const STATES = [
  { value: 'waiting', label: 'Waiting' },
  { value: 'stored', label: 'Stored since' },
  { value: 'dismissed', label: 'Dismissed' },
];

/** What was refused, and why. */
export default function Quarantine() {
  const { params } = useAddress();
  const state = STATES.find(({ value }) => value === params.get('state'))?.value ?? 'waiting';
  const values = { state, agent: params.get('agent'), limit: 100 };
  const list = useInfiniteQuery({
    queryKey: [...QUARANTINE, values],
    queryFn: ({ pageParam }) => ask<Page<Quarantined>>('/v1/quarantine', { ...values, cursor: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
  });
  const rows = list.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <Stack gap="lg">
      <PageTitle title="Quarantine" about="Deliveries that could not be read, kept byte for byte.">
        {state === 'waiting' && rows.length > 0 && <ReplayAll />}
      </PageTitle>
      <div className="filters">
        <NativeSelect
          label="State"
          size="sm"
          data={STATES}
          value={state}
          onChange={({ currentTarget }) => changeHere({ state: currentTarget.value })}
        />
        <AgentPicker />
      </div>
      {list.error && <ErrorState error={list.error} again={() => void list.refetch()} />}
      {list.isPending && <Waiting />}
      {list.data && rows.length === 0 && (
        <EmptyState title={state === 'waiting' ? 'Nothing waits here' : 'Nothing here'}>
          What a sender was answered 400 for would be here.
        </EmptyState>
      )}
      {rows.length > 0 && <Rows rows={rows} />}
      {list.hasNextPage && (
        <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more
        </Button>
      )}
      <OneQuarantined id={params.get('delivery')} onClose={() => changeHere({ delivery: null })} />
    </Stack>
  );
}

function Rows({ rows }: { rows: Quarantined[] }) {
  const zone = useZone();
  return (
    <Table.ScrollContainer minWidth={0} tabIndex={0}>
      <Table verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Arrived</Table.Th>
            <Table.Th scope="col" visibleFrom="sm">
              Agent
            </Table.Th>
            <Table.Th scope="col">What is wrong</Table.Th>
            <FigureHead visibleFrom="sm">Bytes</FigureHead>
            <Table.Th scope="col">
              <span className="skip">Actions</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ delivery_id, agent, received_at, problems, bytes }) => (
            <Table.Tr key={delivery_id}>
              <Table.Td className="when">{showInstant(received_at, zone)}</Table.Td>
              <Table.Td visibleFrom="sm">{agent}</Table.Td>
              <Table.Td className="wrong">
                {(problems ?? []).slice(0, 2).map(({ field, problem }) => (
                  <div key={field + problem}>
                    <span className="mono">{field}</span> {problem}
                  </div>
                ))}
              </Table.Td>
              <FigureCell visibleFrom="sm">{showCount(bytes)}</FigureCell>
              <Table.Td>
                <Button
                  variant="default"
                  size="compact-sm"
                  aria-label={`Look at the delivery of ${showInstant(received_at, zone)}`}
                  onClick={() => changeHere({ delivery: delivery_id })}
                >
                  Look
                </Button>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

interface Step {
  next_cursor: string | null;
  [count: string]: unknown;
}

/** Sends everything that waits through the same door again; the server does it in steps. */
function ReplayAll() {
  const queries = useQueryClient();
  const { submit, isBusy, problem, answer } = useSubmit(async () => {
    const counts = new Map<string, number>();
    try {
      let cursor: string | null = null;
      do {
        const path: string = cursor ? `?cursor=${encodeURIComponent(cursor)}` : '';
        const { next_cursor, ...step } = await tell<Step>('POST', `/v1/quarantine/replay${path}`);
        for (const [name, count] of Object.entries(step))
          if (typeof count === 'number') counts.set(name, (counts.get(name) ?? 0) + count);
        cursor = next_cursor ?? null;
      } while (cursor !== null);
      return [...counts].map(([name, count]) => `${count} ${name.replaceAll('_', ' ')}`).join(', ');
    } finally {
      await queries.invalidateQueries({ queryKey: QUARANTINE });
    }
  });
  return (
    <>
      <Text size="sm" role="status" className="outcome">
        {problem?.message ?? answer}
      </Text>
      <Button loading={isBusy} onClick={() => submit()}>
        Replay all
      </Button>
    </>
  );
}
