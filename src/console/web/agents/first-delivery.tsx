import { Alert, Anchor, List, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { linkTo } from '../address.js';
import { ask } from '../api/request.js';
import type { Message, Page, Quarantined, Refusal } from '../api/types.js';
import { useZone } from '../session/session.js';
import { showInstant } from '../time/zone.js';

/** Milliseconds. Somebody waits for it with the other window open. */
const LOOK_EVERY = 2_000;

const WHERE: Record<Refusal['presented'], string> = {
  nothing: 'without a token: the Authorization header is not set',
  header: 'with a token that no key has: compare it with the one of this agent',
  path: 'with a token in the address that no key has',
};

/** Turns green at the first delivery, and says what is wrong where one was refused. */
export function FirstDelivery({ agent }: { agent: string }) {
  const zone = useZone();
  const stored = useQuery({
    queryKey: ['messages', 'first', agent],
    queryFn: () => ask<Page<Message>>('/v1/messages', { agent, limit: 1 }),
    refetchInterval: LOOK_EVERY,
  });
  const refused = useQuery({
    queryKey: ['quarantine', 'first', agent],
    queryFn: () => ask<Page<Quarantined>>('/v1/quarantine', { agent, state: 'waiting', limit: 3 }),
    refetchInterval: LOOK_EVERY,
  });
  const strangers = useQuery({
    queryKey: ['refusals'],
    queryFn: () => ask<Page<Refusal>>('/v1/refusals'),
    refetchInterval: LOOK_EVERY,
  });
  const [message] = stored.data?.data ?? [];
  const waiting = refused.data?.data ?? [];
  const unknown = (strangers.data?.data ?? []).filter(({ lane }) => lane === 'webhook');
  return (
    <div aria-live="polite">
      {message ? (
        <Alert color="green" variant="light" title="Connected">
          <Text size="sm">
            The newest message arrived at {showInstant(message.received_at, zone)}.{' '}
            <Anchor
              size="sm"
              underline="always"
              href={linkTo('/conversation', { agent, id: message.conversation_id })}
            >
              Look at it
            </Anchor>
          </Text>
        </Alert>
      ) : (
        <Alert color="gray" variant="light" title="Waiting for the first delivery">
          <Text size="sm">This turns green by itself.</Text>
        </Alert>
      )}
      {waiting.length > 0 && (
        <Alert color="red" variant="light" mt="sm" title="Something arrived that cannot be read">
          <List size="sm">
            {waiting.map(({ delivery_id, received_at, problems }) => (
              <List.Item key={delivery_id}>
                <Anchor size="sm" underline="always" href={linkTo('/quarantine', { delivery: delivery_id })}>
                  {showInstant(received_at, zone)}
                </Anchor>
                : {(problems ?? []).map(({ field, problem }) => `${field} ${problem}`).join('; ')}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
      {unknown.length > 0 && (
        <Alert color="yellow" variant="light" mt="sm" title="Senders were refused">
          <List size="sm">
            {unknown.map(({ presented, last_at, last_address, count }) => (
              <List.Item key={presented}>
                {String(count)} × {WHERE[presented]} (last at {showInstant(last_at, zone)} from {last_address}
                )
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
    </div>
  );
}
