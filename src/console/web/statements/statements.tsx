import { Button, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { askAll } from '../api/request.js';
import type { Page, Statement } from '../api/types.js';
import { PageTitle } from '../elements/page-title.js';
import { EmptyState, ErrorState, Waiting } from '../elements/states.js';
import { useRights } from '../session/session.js';
import { CloseMonth } from './close-month.js';
import { StatementTable } from './statement-table.js';

export const STATEMENTS = ['statements'];

/** Closed months. */
export default function Statements() {
  const { isFinance } = useRights();
  const [isClosing, setClosing] = useState(false);
  const [replaced, setReplaced] = useState<Statement | null>(null);
  const statements = useQuery({
    queryKey: STATEMENTS,
    queryFn: () => askAll<Statement, Page<Statement>>('/v1/statements', { limit: 200 }),
  });
  const rows = statements.data?.data ?? [];
  const close = (statement: Statement | null) => {
    setReplaced(statement);
    setClosing(true);
  };
  return (
    <Stack gap="lg">
      <PageTitle
        title="Statements"
        about="Closed months. A statement never changes; later changes are listed as adjustments."
      >
        {isFinance && <Button onClick={() => close(null)}>Close a month</Button>}
      </PageTitle>
      {statements.error && <ErrorState error={statements.error} again={() => void statements.refetch()} />}
      {statements.isPending && <Waiting />}
      {statements.data && rows.length === 0 && (
        <EmptyState title="No month is closed yet">
          Close a month when it is over: its figures are then frozen, with a hash that anybody can check.
        </EmptyState>
      )}
      {rows.length > 0 && <StatementTable rows={rows} onReplace={isFinance ? close : null} />}
      {isClosing && <CloseMonth replaced={replaced} onClose={() => setClosing(false)} />}
    </Stack>
  );
}
