import { randomBytes, randomUUID } from 'node:crypto';
import type pg from 'pg';

/**
 * A key for the bodies of an agent that are imported, since every delivery is stored under one. Nobody knows a token of
 * it, and it is revoked when the import ends. An agent that is not here yet is made.
 * @returns the id of the key, and whether the agent was made
 */
export async function makeImportKey(
  client: pg.Client,
  agent: string,
): Promise<{ id: string; isNewAgent: boolean }> {
  const id = randomUUID();
  const isNewAgent = await makeAgent(client, agent);
  await client.query(
    `insert into api_key (id, token_hash, hint, label, scopes, agent_id, expires_at)
     values ($1, $2, '', 'import', array['ingest'], $3, now() + interval '7 days')`,
    [id, randomBytes(32), agent],
  );
  return { id, isNewAgent };
}

/** @returns whether it was not here yet */
export async function makeAgent(client: pg.Client, id: string): Promise<boolean> {
  const { rowCount } = await client.query(
    'insert into agent (id, name) values ($1, $1) on conflict (id) do nothing',
    [id],
  );
  return rowCount === 1;
}

export async function revokeImportKeys(client: pg.Client, ids: string[]): Promise<void> {
  await client.query('update api_key set revoked_at = now() where id = any ($1::uuid[])', [ids]);
}
