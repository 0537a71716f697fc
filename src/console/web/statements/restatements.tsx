import { Badge, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ask } from '../api/request.js';
import type { Statement } from '../api/types.js';
import { creditsOf, showDecimal } from '../figures/figures.js';
import { STATEMENTS } from './statements.js';

/** What arrived for a month after it was closed. The list may leave it out; the statement itself has it. */
export function Restatements({ statement }: { statement: Statement }) {
  const one = useQuery({
    queryKey: [...STATEMENTS, statement.id],
    queryFn: () => ask<Statement>(`/v1/statements/${statement.id}`),
    enabled: statement.restatements === undefined,
  });
  const { restatements, restated_totals } = one.data ?? statement;
  if (restatements === undefined) return null;
  if (restatements.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        nothing arrived
      </Text>
    );
  }
  return (
    <>
      <Badge color="yellow" variant="light" className="strong-badge">
        {restatements.length} {restatements.length === 1 ? 'restatement' : 'restatements'}
      </Badge>
      <Text size="xs" c="dimmed">
        now {showDecimal(creditsOf(restated_totals?.usage))} credits
      </Text>
    </>
  );
}
