import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ask, Refused } from '../api/request.js';
import type { Change, Message, Page } from '../api/types.js';

export interface Arrival {
  key: string;
  kind: string;
  message: Change['message'];
}

/** Arrivals that are kept on the screen. */
const MOST = 200;
/** Seconds for which the server holds an answer until something comes. */
const WAIT = 25;
/** Milliseconds before a feed that broke is asked again. */
const AGAIN = 3_000;

/** The latest messages, and above them what the changes feed brings from now on. */
export function useArrivals() {
  const earlier = useQuery({
    queryKey: ['messages', 'latest'],
    queryFn: () => ask<Page<Message>>('/v1/messages', { limit: 50 }),
    staleTime: 0,
  });
  const [live, setLive] = useState<Arrival[]>([]);
  const [feed, setFeed] = useState<'starting' | 'live' | Error>('starting');

  useEffect(() => {
    const leaving = new AbortController();
    void follow(leaving.signal, setFeed, (changes) =>
      setLive((before) => [...changes.map(asArrival).reverse(), ...before].slice(0, MOST)),
    );
    return () => leaving.abort();
  }, []);

  const known = new Set(live.map(({ message }) => `${message.agent} ${message.message_id}`));
  const rest = [...(earlier.data?.data ?? [])]
    .sort((a, b) => b.received_at.localeCompare(a.received_at))
    .filter((message) => !known.has(`${message.agent} ${message.message_id}`))
    .map((message) => ({
      key: `${message.agent} ${message.message_id}`,
      kind: message.revision > 1 ? 'revised' : 'stored',
      message,
    }));
  return {
    arrivals: [...live, ...rest].slice(0, MOST),
    isLive: feed === 'live',
    isPending: earlier.isPending,
    error: earlier.error ?? (feed instanceof Error ? feed : null),
  };
}

const asArrival = ({ position, kind, message }: Change): Arrival => ({ key: `${position}`, kind, message });

async function follow(
  signal: AbortSignal,
  tellState: (state: 'live' | Error) => void,
  onChanges: (changes: Change[]) => void,
): Promise<void> {
  let cursor = 'now';
  while (!signal.aborted) {
    try {
      // The first answer comes at once, with where the end is.
      const wait = cursor === 'now' ? 0 : WAIT;
      const page = await ask<Page<Change>>('/v1/changes', { cursor, wait, limit: 200 }, signal);
      tellState('live');
      cursor = page.next_cursor ?? 'now';
      if (page.data.length > 0) onChanges(page.data);
    } catch (error) {
      if (signal.aborted) return;
      tellState(error as Error);
      // What is refused now will be refused in three seconds; only an outage ends by itself.
      if (error instanceof Refused && error.status >= 400 && error.status < 500) return;
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  }
}
