import { Alert, Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useAgents } from '../agents/use-agents.js';
import { ask, problemOfField, tell } from '../api/request.js';
import type { Statement, UsageReport } from '../api/types.js';
import { useSubmit } from '../api/use-submit.js';
import { Completeness } from '../elements/completeness.js';
import { Dialog } from '../elements/dialog.js';
import { ErrorState, Waiting } from '../elements/states.js';
import { creditsOf } from '../figures/figures.js';
import { problemOfDecimal } from '../figures/typed.js';
import { useRights, useZone } from '../session/session.js';
import { addMonths, showMonth, showSpan } from '../time/range.js';
import { todayIn, ZONES } from '../time/zone.js';
import { Frozen } from './frozen.js';
import { Invoice } from './invoice.js';
import { Replacement } from './replacement.js';
import { STATEMENTS } from './statements.js';
import { Sums } from './sums.js';
import { useWhole } from './use-whole.js';

/** Shows what will be frozen, and against what it is set, and freezes it. */
export function CloseMonth({ replaced, onClose }: { replaced: Statement | null; onClose: () => void }) {
  const zone = useZone();
  const { session } = useRights();
  const queries = useQueryClient();
  const agents = useAgents().data?.data ?? [];
  const old = useWhole(replaced?.id ?? null);
  const [tz, setTz] = useState(replaced?.tz ?? zone);
  const [period, setPeriod] = useState(replaced?.period ?? addMonths(todayIn(zone), -1).slice(0, 7));
  const [agent, setAgent] = useState(replaced ? (replaced.agent ?? '') : (session.agent ?? ''));
  /** Null until somebody types: a replacement takes over what was invoiced. */
  const [typed, setTyped] = useState<string | null>(null);
  const [reason, setReason] = useState('');
  const [isReasonMissing, setReasonMissing] = useState(false);
  const thisMonth = todayIn(tz).slice(0, 7);
  const isOver = period !== '' && period < thisMonth;
  const invoiced = (typed ?? old.data?.document?.invoiced_credits ?? '').trim();
  const invoicedProblem = invoiced === '' ? null : problemOfDecimal(invoiced, '1200.50');
  const compared = invoiced === '' || invoicedProblem ? null : invoiced;

  const values = { period, tz, agent, bucket: 'none' };
  const preview = useQuery({
    queryKey: ['usage', 'preview', values],
    queryFn: () => ask<UsageReport>('/v1/usage', values),
    enabled: isOver,
  });

  const {
    submit,
    isBusy,
    problem,
    answer: closed,
  } = useSubmit(async () => {
    const statement = await tell<Statement>('POST', '/v1/statements', {
      period,
      tz,
      agent: agent || null,
      // Said in any case where there is an earlier figure, which nothing would carry over.
      ...((invoiced || replaced) && { invoiced_credits: invoiced || null }),
      ...(replaced && { replaces: replaced.id, reason: reason.trim() }),
    });
    await queries.invalidateQueries({ queryKey: STATEMENTS });
    return statement;
  });
  const close = () => {
    const lacksReason = replaced !== null && reason.trim() === '';
    setReasonMissing(lacksReason);
    if (!lacksReason && !invoicedProblem) submit();
  };
  const reasonProblem = isReasonMissing
    ? 'Enter a reason: it is kept with the new statement.'
    : problemOfField(problem, 'reason');
  const refusedInvoice = problemOfField(problem, 'invoiced_credits');
  const isBesideField = refusedInvoice !== null || problemOfField(problem, 'reason') !== null;

  if (closed) {
    return (
      <Dialog title={`${showMonth(closed.period)} is closed`} isOpen onClose={onClose} isWide>
        <Frozen statement={closed} onClose={onClose} />
      </Dialog>
    );
  }
  return (
    <Dialog
      title={replaced ? `Replace the statement of ${showMonth(period)}` : 'Close a month'}
      isOpen
      onClose={onClose}
      isWide
    >
      <Stack>
        <div className="filters top-aligned">
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
              ...(session.agent ? [] : [{ value: '', label: 'All agents' }]),
              ...agents.map(({ id, name }) => ({ value: id, label: name || id })),
            ]}
            value={agent}
            disabled={replaced !== null}
            onChange={({ currentTarget }) => setAgent(currentTarget.value)}
          />
          <TextInput
            label="Invoiced credits"
            placeholder="optional"
            inputMode="decimal"
            value={typed ?? invoiced}
            error={invoicedProblem ?? refusedInvoice}
            onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        </div>
        {replaced && (
          <TextInput
            label="Reason"
            description="Kept with the new statement."
            withAsterisk
            value={reason}
            error={reasonProblem}
            onChange={({ currentTarget }) => {
              setReason(currentTarget.value);
              setReasonMissing(false);
            }}
          />
        )}
        {!isOver && (
          <Alert color="yellow" variant="light" title="Not over">
            This month has not ended yet in the selected time zone.
          </Alert>
        )}
        {isOver && preview.isPending && <Waiting height={180} />}
        {preview.error && <ErrorState error={preview.error} />}
        {isOver && preview.data && (
          <Stack gap="sm">
            <Text size="sm">
              {replaced ? 'You are replacing the statement of' : 'You are closing'} {showMonth(period)} (
              {showSpan(preview.data.from, preview.data.to)}, {preview.data.tz}):
            </Text>
            {replaced && old.data ? (
              <Replacement replaced={old.data} now={preview.data.totals} invoiced={compared} />
            ) : (
              <Sums totals={preview.data.totals} />
            )}
            {compared && <Invoice invoiced={compared} counted={creditsOf(preview.data.totals.usage)} />}
            <Completeness facts={preview.data.completeness} question={{ period, tz, agent: agent || null }} />
          </Stack>
        )}
        {problem && !isBesideField && <ErrorState error={problem} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            disabled={!preview.data || !isOver || (replaced !== null && !old.data)}
            loading={isBusy}
            onClick={close}
          >
            {replaced ? 'Replace the statement' : `Close ${showMonth(period)}`}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
