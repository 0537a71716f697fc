import { Box, Text } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef } from 'react';
import { linkTo, useAddress } from '../address.js';
import type { Conversation } from '../api/types.js';
import { EmptyState, ErrorState, Waiting } from '../elements/states.js';
import { creditsOf, showCount, showDecimal } from '../figures/figures.js';
import { useZone } from '../session/session.js';
import { showInstant } from '../time/zone.js';
import { Hits } from './marked.js';
import { useConversations } from './use-conversations.js';

const ROW = 72;
/** Rows before the end at which the next page is fetched. */
const AHEAD = 40;
const FILTERS = ['q', 'from', 'to', 'agent'];

/** Draws only the rows that are seen, so that a hundred thousand scroll like ten. */
export function EndlessList() {
  const { params } = useAddress();
  const list = useConversations();
  const frame = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => list.data?.pages.flatMap(({ data }) => data) ?? [], [list.data]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;

  useEffect(() => {
    if (last >= rows.length - AHEAD && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [last, rows.length, hasNextPage, isFetchingNextPage, fetchNextPage]);

  if (list.error) return <ErrorState error={list.error} again={() => void list.refetch()} />;
  if (list.isPending) return <Waiting height={480} />;
  if (rows.length === 0) {
    return FILTERS.some((name) => params.get(name)) ? (
      <EmptyState title="No conversation fits">
        Take a filter away, or search for fewer words. Words are found whole.
      </EmptyState>
    ) : (
      <EmptyState title="No conversation yet">The first one is here as soon as a message arrives.</EmptyState>
    );
  }
  return (
    <>
      <Text size="sm" c="dimmed" role="status">
        {showCount(rows.length)}
        {hasNextPage ? ' and more; scroll on' : rows.length === 1 ? ' conversation' : ' conversations'}
      </Text>
      <Box ref={frame} component="section" className="endless" aria-label="Conversations" tabIndex={0}>
        <div className="endless-space" style={{ height: virtual.getTotalSize() }}>
          {shown.map(({ index, start }) => {
            const row = rows[index];
            return row && <Row key={`${row.agent} ${row.conversation_id}`} row={row} start={start} />;
          })}
        </div>
      </Box>
    </>
  );
}

function Row({ row, start }: { row: Conversation; start: number }) {
  const zone = useZone();
  const q = useAddress().params.get('q') ?? '';
  const credits = creditsOf(row.usage);
  return (
    <a
      className="conversation-row"
      href={linkTo('/conversation', { agent: row.agent, id: row.conversation_id, q })}
      style={{ transform: `translateY(${start}px)` }}
    >
      <span className="one-line id">{row.conversation_id}</span>
      <span className="num">{credits === null ? 'no credits' : `${showDecimal(credits)} cr`}</span>
      {row.snippet ? (
        <span className="one-line quiet" dir="auto">
          <Hits text={row.snippet.text} hits={row.snippet.hits} />
        </span>
      ) : (
        <span className="one-line quiet">
          {row.agent} · {showCount(row.messages)} {row.messages === 1 ? 'message' : 'messages'}
        </span>
      )}
      <span className="num quiet">{showInstant(row.last_message_at, zone)}</span>
    </a>
  );
}
