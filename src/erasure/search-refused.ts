import type pg from 'pg';
import { idsInBody } from './ids-in-body.js';
import { type Arrival, conversationsOf, type RefusedBody, refusedBodies } from './refused-bodies.sql.js';

/** What refused bodies name. */
export interface RefusedSearch {
  /** Where the bodies are that name a conversation: by its id, then by their agent. */
  found: Map<string, Map<string, Arrival[]>>;
  /** How many bodies name no conversation and no message that is here, by agent. */
  unattributed: Map<string, number>;
}

/**
 * Looks through all refused bodies of some agents for those that name one of some conversations, itself or by one of its
 * messages. Reads page after page without a lock, so that deliveries go on meanwhile; what arrives behind it is not seen.
 */
export async function searchRefused(
  client: pg.ClientBase,
  agents: string[],
  conversations: ReadonlySet<string>,
): Promise<RefusedSearch> {
  const search: RefusedSearch = { found: new Map(), unattributed: new Map() };
  for (const agentId of agents) {
    let after: Arrival | null = null;
    for (;;) {
      const page: RefusedBody[] = await refusedBodies(client, agentId, after);
      if (page.length === 0) break;
      await searchPage(client, agentId, page, conversations, search);
      after = page.at(-1)!;
    }
  }
  return search;
}

async function searchPage(
  client: pg.ClientBase,
  agentId: string,
  page: RefusedBody[],
  conversations: ReadonlySet<string>,
  { found, unattributed }: RefusedSearch,
): Promise<void> {
  const nameless: { place: Arrival; messages: Set<string> }[] = [];
  const keep = (conversation: string, { receivedAt, id }: Arrival) => {
    if (!conversations.has(conversation)) return;
    const ofAgents = found.get(conversation) ?? new Map<string, Arrival[]>();
    const places = ofAgents.get(agentId) ?? [];
    places.push({ receivedAt, id });
    found.set(conversation, ofAgents.set(agentId, places));
  };
  for (const place of page) {
    const named = idsInBody(place.body);
    for (const conversation of named.conversations) keep(conversation, place);
    if (named.conversations.size === 0 && !place.isAttributed)
      nameless.push({ place, messages: named.messages });
  }
  const messageIds = nameless.flatMap(({ messages }) => [...messages].filter(isStorable));
  const known = await conversationsOf(client, agentId, messageIds);
  for (const { place, messages } of nameless) {
    const ofKnown = new Set([...messages].flatMap((id) => known.get(id) ?? []));
    for (const conversation of ofKnown) keep(conversation, place);
    if (ofKnown.size === 0) unattributed.set(agentId, (unattributed.get(agentId) ?? 0) + 1);
  }
}

/** PostgreSQL takes no other text as a parameter, and no message has such an id. */
const isStorable = (id: string) => !id.includes('\0') && id.isWellFormed();
