import { Anchor, Badge, Stack, Table, Text } from '@mantine/core';
import { linkTo } from '../address.js';
import { FigureCell, FigureHead } from '../elements/figure-cell.js';
import { PageTitle } from '../elements/page-title.js';
import { EmptyState, ErrorState, Waiting } from '../elements/states.js';
import { creditsOf, showDecimal } from '../figures/figures.js';
import { useRights, useZone } from '../session/session.js';
import { showInstant } from '../time/zone.js';
import { type Arrival, useArrivals } from './use-arrivals.js';

/** What is arriving, the newest on top. */
export default function Deliveries() {
  const { isAdmin } = useRights();
  const { arrivals, isLive, error, isPending } = useArrivals();
  return (
    <Stack gap="lg">
      <PageTitle title="Deliveries" about="What AltaBots sends, as it arrives.">
        <Badge variant="dot" color={isLive ? 'green' : 'gray'} size="lg" role="status">
          {isLive ? 'Live' : 'Not connected'}
        </Badge>
      </PageTitle>
      {error && <ErrorState error={error} />}
      {isPending && <Waiting height={400} />}
      {!isPending && arrivals.length === 0 && !error && (
        <EmptyState title="Nothing has arrived yet">
          {isAdmin ? (
            <Anchor href={linkTo('/connect')} underline="always" size="sm">
              Connect AltaBots
            </Anchor>
          ) : (
            'What arrives is shown here at once.'
          )}
        </EmptyState>
      )}
      {arrivals.length > 0 && <Arrivals arrivals={arrivals} />}
      {isAdmin && (
        <Text size="sm" c="dimmed">
          What could not be read waits in{' '}
          <Anchor href={linkTo('/quarantine')} underline="always" size="sm">
            quarantine
          </Anchor>
          .
        </Text>
      )}
    </Stack>
  );
}

function Arrivals({ arrivals }: { arrivals: Arrival[] }) {
  const zone = useZone();
  return (
    <Table.ScrollContainer minWidth={0} tabIndex={0}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Arrived</Table.Th>
            <Table.Th scope="col" visibleFrom="sm">
              What
            </Table.Th>
            <Table.Th scope="col" visibleFrom="sm">
              Agent
            </Table.Th>
            <Table.Th scope="col">Text</Table.Th>
            <FigureHead>Credits</FigureHead>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {arrivals.map(({ key, kind, message }) => (
            <Table.Tr key={key}>
              <Table.Td className="when">{showInstant(message.received_at, zone)}</Table.Td>
              <Table.Td visibleFrom="sm">{kind}</Table.Td>
              <Table.Td visibleFrom="sm">{message.agent}</Table.Td>
              <Table.Td className="preview">
                {message.conversation_id ? (
                  <Anchor
                    size="sm"
                    className="one-line"
                    dir="auto"
                    display="block"
                    href={linkTo('/conversation', { agent: message.agent, id: message.conversation_id })}
                  >
                    {message.text?.slice(0, 200) || message.message_id}
                  </Anchor>
                ) : (
                  message.message_id
                )}
              </Table.Td>
              <FigureCell>{showDecimal(creditsOf(message.usage))}</FigureCell>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
