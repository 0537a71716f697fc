import type pg from 'pg';
import {
  type Arrival,
  type Conversation,
  type Erased,
  eraseBodies,
  eraseQuarantined,
  eraseSearchParts,
  eraseUnreadable,
  inStep,
  livingMessages,
  type Place,
  readCut,
  settleBounds,
  silence,
  waitForWriter,
} from './erasure.sql.js';

/** Messages of one step: deliveries wait for that long, which is some hundredths of a second. */
const MESSAGES = 500;
/** Bodies of one step: each may have megabytes. */
const BODIES = 100;

/**
 * Erases what the messages of a conversation said, wherever it is kept: texts, pieces, raw bodies, refused bodies that
 * name the conversation, and search entries. The figures stay, and with them every sum.
 *
 * It goes by steps that each commit, so that deliveries go on meanwhile; called again after it was killed, it finishes.
 * A conversation of which nothing is left to erase is no error.
 */
export async function eraseConversation(
  client: pg.ClientBase,
  conversation: Conversation,
  onProgress: (soFar: Erased) => void = () => {},
): Promise<Erased> {
  const erased: Erased = { messages: 0, pieces: 0, deliveries: 0, quarantined: 0 };
  const add = (counts: Partial<Erased>): void => {
    for (const name of Object.keys(erased) as (keyof Erased)[]) erased[name] += counts[name] ?? 0;
    onProgress(erased);
  };
  const cut = await readCut(client);
  for (let after: Place | null = null; ; ) {
    const messages: Place[] = await livingMessages(client, conversation, cut, after, MESSAGES);
    const ids = messages.map(({ id }) => id);
    if (ids.length === 0) break;
    // The bulk of the bytes first, without the writer's lock. Under it only what arrived in between is left.
    for (let from = 0; from < ids.length; from += BODIES) {
      add(
        await inStep(client, () =>
          eraseBodies(client, conversation, ids.slice(from, from + BODIES), 'never refused'),
        ),
      );
    }
    add(await inStep(client, () => eraseMessages(client, conversation, ids)));
    after = messages.at(-1) ?? null;
  }
  await inStep(client, async () => {
    await waitForWriter(client);
    await settleBounds(client, conversation);
  });
  await eraseRefused(client, conversation, add);
  return erased;
}

async function eraseMessages(
  client: pg.ClientBase,
  conversation: Conversation,
  ids: string[],
): Promise<Erased> {
  await waitForWriter(client);
  const bodies = await eraseBodies(client, conversation, ids, 'all');
  await eraseSearchParts(client, conversation.agentId, ids);
  return { ...(await silence(client, conversation, ids)), ...bodies };
}

async function eraseRefused(
  client: pg.ClientBase,
  conversation: Conversation,
  add: (counts: Partial<Erased>) => void,
): Promise<void> {
  for (;;) {
    const counts = await inStep(client, async () => {
      await waitForWriter(client);
      return eraseQuarantined(client, conversation, BODIES);
    });
    if (counts.quarantined === 0) break;
    add(counts);
  }
  for (let after: Arrival | null = null; ; ) {
    const { last, ...counts }: Awaited<ReturnType<typeof eraseUnreadable>> = await inStep(
      client,
      async () => {
        await waitForWriter(client);
        return eraseUnreadable(client, conversation, after, BODIES);
      },
    );
    add(counts);
    if (last === null) break;
    after = last;
  }
}
