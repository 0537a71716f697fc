import type pg from 'pg';
import { takeLock } from './batch.sql.js';
import { type KeptMessage, type Rereading, reread, rowsOf } from './reread.js';
import { keptMessages } from './reread.sql.js';
import { storeRest } from './store-rest.sql.js';

/** Reads messages again, and changes nothing. */
export async function rereadMessages(
  client: pg.ClientBase,
  agent: string,
  ids: string[],
): Promise<{ id: string; rereading: Rereading }[]> {
  const kept = await keptMessages(client, agent, ids);
  return kept.map((one: KeptMessage) => ({ id: one.message.id, rereading: reread(one) }));
}

/**
 * Reads messages again under the writer's lock, as a batch of their own, and stores what differs: a delivery that came
 * since they were first looked at is not undone.
 * @returns how many were revised
 */
export async function reviseMessages(client: pg.ClientBase, agent: string, ids: string[]): Promise<number> {
  await client.query('begin');
  try {
    await client.query(takeLock([]));
    const rereadings = await rereadMessages(client, agent, ids);
    const differing = rereadings
      .map(({ rereading }) => rereading)
      .filter((found) => found.kind === 'differs');
    if (differing.length > 0) await client.query(storeRest(rowsOf(differing)));
    await client.query('commit');
    return differing.length;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}
