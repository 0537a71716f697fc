import { Anchor, Badge, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { askAll } from '../api/request.js';
import type { Message, MessageDelivery, Page } from '../api/types.js';
import { Dialog } from '../elements/dialog.js';
import { Raw } from '../elements/raw.js';
import { ErrorState, Waiting } from '../elements/states.js';
import { useZone } from '../session/session.js';
import { showInstant } from '../time/zone.js';

/** Every body that arrived for a message, as it came. */
export function RawDeliveries({ message, onClose }: { message: Message | null; onClose: () => void }) {
  return (
    <Dialog title="What was delivered" isOpen={message !== null} onClose={onClose} isWide>
      {message && <Bodies message={message} />}
    </Dialog>
  );
}

function Bodies({ message }: { message: Message }) {
  const zone = useZone();
  const { agent, message_id } = message;
  const deliveries = useQuery({
    queryKey: ['deliveries', agent, message_id],
    queryFn: () =>
      askAll<MessageDelivery, Page<MessageDelivery>>(
        `/v1/messages/${encodeURIComponent(message_id)}/deliveries`,
        {
          agent,
        },
      ),
  });
  if (deliveries.error) return <ErrorState error={deliveries.error} />;
  if (deliveries.isPending) return <Waiting />;
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        Message <span className="id">{message_id}</span>, oldest first.
      </Text>
      {deliveries.data.data.map((delivery) => (
        <section key={delivery.delivery_id}>
          <Group gap="sm" mb={4}>
            <Badge variant="default">{delivery.outcome}</Badge>
            <Text size="sm">{showInstant(delivery.received_at, zone)}</Text>
            <Anchor
              size="sm"
              href={`/v1/deliveries/${delivery.delivery_id}/body`}
              download={`${delivery.delivery_id}.json`}
            >
              Download the bytes
            </Anchor>
          </Group>
          <Raw label="The body as it came">
            {delivery.body ??
              delivery.body_base64 ??
              'The bytes of an exact repeat are kept once, with the first.'}
          </Raw>
          <Text size="xs" c="dimmed" className="mono">
            SHA-256 {delivery.sha256}
          </Text>
        </section>
      ))}
    </Stack>
  );
}
