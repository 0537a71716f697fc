import { Alert, Anchor, List, Text } from '@mantine/core';
import { linkTo } from '../address.js';
import type { Count, Completeness as Facts } from '../api/types.js';
import { showCount } from '../figures/figures.js';
import { useRights, useZone } from '../session/session.js';
import { showInstant } from '../time/zone.js';

const some = (count: Count) => count > 0;

/** What is known to be missing from, or doubtful in, a sum; a quiet line where nothing is. */
export function Completeness({ facts }: { facts: Facts }) {
  const zone = useZone();
  const { isAdmin } = useRights();
  const last = facts.last_delivery_at
    ? `Last delivery: ${showInstant(facts.last_delivery_at, zone)}.`
    : 'Nothing was ever delivered.';
  const missing = [
    some(facts.messages_without_usage) &&
      `${showCount(facts.messages_without_usage)} answers came without usage: what they cost is not in these sums.`,
    some(facts.totals_mismatched) &&
      `${showCount(facts.totals_mismatched)} messages report a total that is not the sum of its parts.`,
    some(facts.redated) && `${showCount(facts.redated)} messages came again with another time or type.`,
    facts.looks_cumulative.length > 0 &&
      `The usage of ${facts.looks_cumulative.join(', ')} looks like running sums, not like figures of single messages.`,
  ].filter((sentence) => sentence !== false);
  const waiting = some(facts.quarantined)
    ? `${showCount(facts.quarantined)} deliveries wait in quarantine.`
    : null;
  if (missing.length === 0 && !waiting) {
    return (
      <Text size="sm" c="dimmed">
        Whole: every answer reported its usage, and nothing waits in quarantine. {last}
      </Text>
    );
  }
  return (
    <Alert color="yellow" variant="light" title="These figures are not whole">
      <List size="sm">
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
