import { Badge, Text } from '@mantine/core';
import type { Statement } from '../api/types.js';
import { creditsOf, showDecimal } from '../figures/figures.js';

/** What arrived for a month after it was closed. */
export function Restatements({ whole }: { whole: Statement | undefined }) {
  const { restatements, restated_totals } = whole ?? {};
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
