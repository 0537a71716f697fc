import { Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { linkTo, useAddress } from '../address.js';
import { ask } from '../api/request.js';
import type { Conversation, Message, Page } from '../api/types.js';
import { PageTitle } from '../elements/page-title.js';
import { EmptyState, ErrorState, Waiting } from '../elements/states.js';
import { creditsOf, showCount, showDecimal, tokensOf } from '../figures/figures.js';
import { useZone } from '../session/session.js';
import { showInstant } from '../time/zone.js';
import { Bubble } from './bubble.js';
import { Export } from './export.js';
import { RawDeliveries } from './raw-deliveries.js';

/** One conversation as a chat. */
export default function Transcript() {
  const { params } = useAddress();
  const id = params.get('id') ?? '';
  const agent = params.get('agent');
  const q = params.get('q') ?? '';
  const [opened, setOpened] = useState<Message | null>(null);
  const path = `/v1/conversations/${encodeURIComponent(id)}`;
  const conversation = useQuery({
    queryKey: ['conversation', agent, id],
    queryFn: () => ask<Conversation>(path, { agent }),
  });
  const messages = useInfiniteQuery({
    queryKey: ['conversation', agent, id, 'messages'],
    queryFn: ({ pageParam, signal }) =>
      ask<Page<Message>>(`${path}/messages`, { agent, limit: 200, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
  });
  const rows = messages.data?.pages.flatMap(({ data }) => data) ?? [];

  return (
    <Stack gap="md">
      <Anchor href={linkTo('/conversations', { q })} size="sm">
        ← Conversations
      </Anchor>
      <PageTitle
        title="Conversation"
        about={
          <>
            <span className="id">{id}</span>
            {conversation.data && <Facts conversation={conversation.data} />}
          </>
        }
      >
        {rows.length > 0 && <Export id={id} agent={agent} />}
      </PageTitle>
      {messages.error && <ErrorState error={messages.error} again={() => void messages.refetch()} />}
      {messages.isPending && <Waiting height={480} />}
      {messages.data && rows.length === 0 && <EmptyState title="No message is left here" />}
      <ol className="transcript">
        {rows.map((message) => (
          <Bubble key={message.message_id} message={message} query={q} onOpen={() => setOpened(message)} />
        ))}
      </ol>
      {messages.hasNextPage && (
        <Group justify="center">
          <Button
            variant="default"
            loading={messages.isFetchingNextPage}
            onClick={() => void messages.fetchNextPage()}
          >
            Show the next 200 messages
          </Button>
        </Group>
      )}
      <RawDeliveries message={opened} onClose={() => setOpened(null)} />
    </Stack>
  );
}

function Facts({ conversation }: { conversation: Conversation }) {
  const zone = useZone();
  const { agent, first_message_at, last_message_at, messages, usage } = conversation;
  return (
    <Text size="sm" c="dimmed">
      {agent} · {showCount(messages)} {messages === 1 ? 'message' : 'messages'} from{' '}
      {showInstant(first_message_at, zone)} to {showInstant(last_message_at, zone)} ·{' '}
      {showCount(tokensOf(usage))} tokens · {showDecimal(creditsOf(usage))} credits
    </Text>
  );
}
