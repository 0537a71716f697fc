import { Alert, Anchor, List, Text } from '@mantine/core';
import { linkTo } from '../address.js';
import type { Count, Completeness as Facts } from '../api/types.js';
import { isZero } from '../figures/decimal.js';
import { showCount } from '../figures/figures.js';
import { useRights, useZone } from '../session/session.js';
import { showInstant } from '../time/zone.js';
import { Unpriced } from './unpriced.js';
import { type Question, useUnpricedAgents } from './use-unpriced-agents.js';

const some = (count: Count) => count > 0;

const counted = (count: Count, one: string, many: string) =>
  `${showCount(count)} ${count === 1 ? one : many}`;

/** What is known to be missing from, or doubtful in, a sum; a quiet line where nothing is. */
export function Completeness({ facts, question }: { facts: Facts; question: Question }) {
  const zone = useZone();
  const { isAdmin } = useRights();
  const unpriced = facts.unpriced_credits;
  const unpricedAgents = useUnpricedAgents(question, unpriced);
  const last = facts.last_delivery_at
    ? `Last delivery: ${showInstant(facts.last_delivery_at, zone)}.`
    : 'No deliveries yet.';
  const missing = [
    some(facts.messages_without_usage) &&
      `${counted(facts.messages_without_usage, 'answer', 'answers')} reported no usage and ${facts.messages_without_usage === 1 ? 'is' : 'are'} not included in these totals.`,
    some(facts.totals_mismatched) &&
      `${counted(facts.totals_mismatched, "message reports a total that doesn't match its", "messages report a total that doesn't match their")} breakdown.`,
    some(facts.redated) &&
      `${counted(facts.redated, 'message was', 'messages were')} redelivered with a different timestamp or type.`,
    facts.looks_cumulative.length > 0 &&
      `Usage from ${facts.looks_cumulative.join(', ')} looks cumulative rather than per message.`,
  ].filter((sentence) => sentence !== false);
  const waiting = some(facts.quarantined)
    ? `${counted(facts.quarantined, 'delivery', 'deliveries')} in quarantine.`
    : null;
  const isPriced = unpriced === undefined || isZero(unpriced);
  if (missing.length === 0 && !waiting && isPriced) {
    return (
      <Text size="sm" c="dimmed">
        {facts.last_delivery_at && 'Complete: all answers reported usage; quarantine is empty. '}
        {last}
      </Text>
    );
  }
  return (
    <Alert color="yellow" variant="light" title="Incomplete data">
      <List size="sm">
        {!isPriced && (
          <List.Item>
            <Unpriced credits={unpriced} agents={unpricedAgents} />
          </List.Item>
        )}
        {missing.map((sentence) => (
          <List.Item key={sentence}>{sentence}</List.Item>
        ))}
        {waiting && (
          <List.Item>
            {isAdmin ? (
              <Anchor href={linkTo('/quarantine')} underline="always" size="sm">
                {waiting}
              </Anchor>
            ) : (
              waiting
            )}
          </List.Item>
        )}
      </List>
      <Text size="sm" mt="xs">
        {last}
      </Text>
    </Alert>
  );
}
