import { Alert, Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useAgents } from '../agents/use-agents.js';
import { ask, tell } from '../api/request.js';
import type { Statement, UsageReport } from '../api/types.js';
import { Completeness } from '../elements/completeness.js';
import { Dialog } from '../elements/dialog.js';
import { ErrorState, Waiting } from '../elements/states.js';
import { useZone } from '../session/session.js';
import { addMonths } from '../time/range.js';
import { todayIn, ZONES } from '../time/zone.js';
import { Frozen } from './frozen.js';
import { STATEMENTS } from './statements.js';
import { Sums } from './sums.js';

/** Shows what will be frozen, and freezes it. */
export function CloseMonth({ replaced, onClose }: { replaced: Statement | null; onClose: () => void }) {
  const zone = useZone();
  const queries = useQueryClient();
  const agents = useAgents().data?.data ?? [];
  const [tz, setTz] = useState(replaced?.tz ?? zone);
  const [period, setPeriod] = useState(replaced?.period ?? addMonths(todayIn(zone), -1).slice(0, 7));
  const [agent, setAgent] = useState(replaced?.agent ?? '');
  const [invoiced, setInvoiced] = useState('');
  const [reason, setReason] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Error | null>(null);
  const [closed, setClosed] = useState<Statement | null>(null);
  const thisMonth = todayIn(tz).slice(0, 7);
  const isOver = period !== '' && period < thisMonth;

  const values = { period, tz, agent, bucket: 'none' };
  const preview = useQuery({
    queryKey: ['usage', 'preview', values],
    queryFn: () => ask<UsageReport>('/v1/usage', values),
    enabled: isOver,
  });

  const close = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const body = {
        period,
        tz,
        agent: agent || null,
        ...(invoiced.trim() && { invoiced_credits: invoiced.trim() }),
        ...(replaced && { replaces: replaced.id }),
        ...(reason.trim() && { reason: reason.trim() }),
      };
      setClosed(await tell<Statement>('POST', '/v1/statements', body));
      await queries.invalidateQueries({ queryKey: STATEMENTS });
    } catch (error) {
      setProblem(error as Error);
    } finally {
      setBusy(false);
    }
  };

  if (closed) {
    return (
      <Dialog title={`${closed.period} is closed`} isOpen onClose={onClose} isWide>
        <Frozen statement={closed} onClose={onClose} />
      </Dialog>
    );
  }
  return (
    <Dialog
      title={replaced ? `Replace the statement of ${period}` : 'Close a month'}
      isOpen
      onClose={onClose}
      isWide
    >
      <Stack>
        <div className="filters">
          <TextInput
            label="Month"
            type="month"
            value={period}
            max={addMonths(`${thisMonth}-01`, -1).slice(0, 7)}
            disabled={replaced !== null}
            placeholder="2026-10"
            onChange={({ currentTarget }) => setPeriod(currentTarget.value)}
          />
          <NativeSelect
            label="Time zone"
            data={ZONES.includes(tz) ? ZONES : [tz, ...ZONES]}
            value={tz}
            disabled={replaced !== null}
            onChange={({ currentTarget }) => setTz(currentTarget.value)}
          />
          <NativeSelect
            label="Agent"
            data={[
              { value: '', label: 'All agents' },
              ...agents.map(({ id, name }) => ({ value: id, label: name || id })),
            ]}
            value={agent}
            disabled={replaced !== null}
            onChange={({ currentTarget }) => setAgent(currentTarget.value)}
          />
          <TextInput
            label="Credits on the invoice"
            placeholder="optional"
            inputMode="decimal"
            value={invoiced}
            onChange={({ currentTarget }) => setInvoiced(currentTarget.value)}
          />
        </div>
        {replaced && (
          <TextInput
            label="Reason"
            value={reason}
            onChange={({ currentTarget }) => setReason(currentTarget.value)}
          />
        )}
        {!isOver && (
          <Alert color="yellow" variant="light" title="Not over">
            Choose a month that is over in this zone.
          </Alert>
        )}
        {isOver && preview.isPending && <Waiting height={180} />}
        {preview.error && <ErrorState error={preview.error} />}
        {isOver && preview.data && <Preview report={preview.data} />}
        {problem && <ErrorState error={problem} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button disabled={!preview.data || !isOver} loading={isBusy} onClick={() => void close()}>
            Close {period}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function Preview({ report }: { report: UsageReport }) {
  return (
    <Stack gap="sm">
      <Text size="sm">
        This will be frozen, from {report.from.slice(0, 10)} to before {report.to.slice(0, 10)} in {report.tz}
        :
      </Text>
      <Sums report={report} />
      <Completeness facts={report.completeness} />
    </Stack>
  );
}
