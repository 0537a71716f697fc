import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Config } from '../config.js';
import { hashToken, hintOf, makeToken } from './token.js';

type Origin = 'INGEST_TOKEN' | 'ADMIN_TOKEN';

/** The tokens of the very first start, made or given: they are shown once, and only their hashes are kept. */
export interface FirstKeys {
  isFirstStart: boolean;
  /** Empty at any later start. */
  tokens: Partial<Record<Origin, string>>;
}

/**
 * Makes the keys of the agent `default` and of the administrator. A token from the environment replaces the one that
 * came from there before, or was made in its place; without one, a token is made at the very first start only.
 */
export async function ensureFirstKeys(client: pg.ClientBase, config: Config): Promise<FirstKeys> {
  await client.query('begin');
  try {
    // One of several starters at a time: two of them must not print two different first tokens.
    await client.query('lock table api_key in share row exclusive mode');
    const { rows } = await client.query<{ count: number }>('select count(*)::int as count from api_key');
    const isFirstStart = rows[0]?.count === 0;
    const tokens: FirstKeys['tokens'] = {};
    for (const origin of ['INGEST_TOKEN', 'ADMIN_TOKEN'] as const) {
      const given = origin === 'INGEST_TOKEN' ? config.ingestToken : config.adminToken;
      if (given === null && !isFirstStart) continue;
      const token = given ?? makeToken();
      await putKey(client, origin, token);
      if (isFirstStart) tokens[origin] = token;
    }
    await client.query('commit');
    return { isFirstStart, tokens };
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

async function putKey(client: pg.ClientBase, origin: Origin, token: string): Promise<void> {
  const hash = hashToken(token);
  await client.query(
    'update api_key set revoked_at = now() where origin = $1 and revoked_at is null and token_hash <> $2',
    [origin, hash],
  );
  const ingest = origin === 'INGEST_TOKEN';
  // A token that was replaced and is given again lives again; one that an administrator made keeps its own life.
  await client.query(
    `insert into api_key (id, token_hash, hint, label, scopes, agent_id, origin) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (token_hash) do update
     set revoked_at = null, label = excluded.label, scopes = excluded.scopes, agent_id = excluded.agent_id, origin = excluded.origin
     where api_key.origin is not null`,
    [
      randomUUID(),
      hash,
      hintOf(token),
      ingest ? 'First ingest key' : 'First administrator',
      ingest ? ['ingest'] : ['admin'],
      ingest ? 'default' : null,
      origin,
    ],
  );
}
