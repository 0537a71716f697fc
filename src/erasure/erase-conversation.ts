import type pg from 'pg';
import {
  type Conversation,
  type Erased,
  type Eraser,
  eraseBodies,
  eraseQuarantined,
  eraseSearchParts,
  inStep,
  livingMessages,
  type Place,
  readCut,
  settleBounds,
  silence,
  waitForWriter,
} from './erasure.sql.js';
import { type Arrival, eraseRefusedAt, withoutBytes } from './refused-bodies.sql.js';

/** Messages of one step: deliveries wait for that long, which is some hundredths of a second. */
const MESSAGES = 500;
/** Bodies of one step: each may have megabytes. */
const BODIES = 100;

export interface Erasure {
  conversation: Conversation;
  /** Where refused bodies are that name the conversation, as `searchRefused` found them. */
  refused: Arrival[];
  eraser: Eraser;
}

/**
 * Erases what the messages of a conversation said, wherever it is kept: texts, pieces, raw bodies, refused bodies that
 * name the conversation, and search entries. The figures stay, and with them every sum.
 *
 * It goes by steps that each commit, so that deliveries go on meanwhile; called again after it was killed, it finishes.
 * A conversation of which nothing is left to erase is no error.
 */
export async function eraseConversation(
  client: pg.ClientBase,
  erasure: Erasure,
  onProgress: (soFar: Erased) => void = () => {},
): Promise<Erased> {
  const { conversation, eraser } = erasure;
  const erased: Erased = { messages: 0, pieces: 0, deliveries: 0, quarantined: 0 };
  const add = (counts: Partial<Erased>): void => {
    for (const name of Object.keys(erased) as (keyof Erased)[]) erased[name] += counts[name] ?? 0;
    onProgress(erased);
  };
  // Before the messages are listed: what a replay stored until now is among them, and after this none is left to replay.
  await eraseRefused(client, erasure, add);
  const cut = await readCut(client);
  for (let after: Place | null = null; ; ) {
    const messages: Place[] = await livingMessages(client, conversation, cut, after, MESSAGES);
    const ids = messages.map(({ id }) => id);
    if (ids.length === 0) break;
    // The bulk of the bytes first, without the writer's lock. Under it only what arrived in between is left.
    for (let from = 0; from < ids.length; from += BODIES) {
      add(
        await inStep(client, () =>
          eraseBodies(client, conversation, ids.slice(from, from + BODIES), 'never refused', eraser),
        ),
      );
    }
    add(await inStep(client, () => eraseMessages(client, erasure, ids)));
    after = messages.at(-1) ?? null;
  }
  await inStep(client, async () => {
    await waitForWriter(client);
    await settleBounds(client, conversation);
  });
  await settleWithoutBytes(client, erasure, add);
  return erased;
}

async function eraseMessages(
  client: pg.ClientBase,
  { conversation, eraser }: Erasure,
  ids: string[],
): Promise<Erased> {
  await waitForWriter(client);
  const bodies = await eraseBodies(client, conversation, ids, 'all', eraser);
  await eraseSearchParts(client, conversation.agentId, ids);
  return { ...(await silence(client, conversation, ids)), ...bodies };
}

async function eraseRefused(
  client: pg.ClientBase,
  { conversation, refused, eraser }: Erasure,
  add: (counts: Partial<Erased>) => void,
): Promise<void> {
  for (;;) {
    const counts = await inStep(client, async () => {
      await waitForWriter(client);
      return eraseQuarantined(client, conversation, BODIES, eraser);
    });
    if (counts.quarantined === 0) break;
    add(counts);
  }
  for (let from = 0; from < refused.length; from += BODIES)
    add(await eraseAt(client, conversation, refused.slice(from, from + BODIES), eraser));
}

/** Deliveries that shared the bytes of one that was erased are of the same body, and have nothing left to wait with. */
async function settleWithoutBytes(
  client: pg.ClientBase,
  { conversation, eraser }: Erasure,
  add: (counts: Partial<Erased>) => void,
): Promise<void> {
  for (;;) {
    const places = await withoutBytes(client, conversation.agentId, BODIES);
    if (places.length === 0) break;
    add(await eraseAt(client, conversation, places, eraser));
  }
}

const eraseAt = (
  client: pg.ClientBase,
  { agentId }: Conversation,
  places: Arrival[],
  eraser: Eraser,
): Promise<Partial<Erased>> =>
  inStep(client, async () => {
    await waitForWriter(client);
    return eraseRefusedAt(client, agentId, places, eraser);
  });
