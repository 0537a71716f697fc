import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { BadEnvironment, type Config } from '../config.js';
import { hashToken, hintOf, MIN_TOKEN_CHARACTERS, makeToken } from './token.js';

const ORIGINS = ['INGEST_TOKEN', 'ADMIN_TOKEN'] as const;
type Origin = (typeof ORIGINS)[number];

/** The tokens that the very first start made: they are shown once, and only their hashes are kept. */
export interface FirstKeys {
  isFirstStart: boolean;
  /** Without those that the environment gave; empty at any later start. */
  tokens: Partial<Record<Origin, string>>;
  /** Variables whose token is of a key that an administrator revoked, or made for something else: it stays as it is. */
  unusable: Origin[];
  /** Variables whose token is shorter than a new one may be, but known here from before and still good. */
  short: Origin[];
}

/**
 * Makes the keys of the agent `default` and of the administrator. A token from the environment replaces the one that
 * came from there before, or was made in its place; without one, a token is made at the very first start only.
 * @throws BadEnvironment for a token that is too short, unless this database knows it from before there was a limit
 */
export async function ensureFirstKeys(client: pg.ClientBase, config: Config): Promise<FirstKeys> {
  await client.query('begin');
  try {
    // One of several starters at a time: two of them must not print two different first tokens.
    await client.query('lock table api_key in share row exclusive mode');
    const { rows } = await client.query<{ count: number }>('select count(*)::int as count from api_key');
    const isFirstStart = rows[0]?.count === 0;
    const tokens: FirstKeys['tokens'] = {};
    const unusable: Origin[] = [];
    const short = await findShort(client, config);
    for (const origin of ORIGINS) {
      const given = givenFor(origin, config);
      if (given === null && !isFirstStart) continue;
      const token = given ?? makeToken();
      if ((await putKey(client, origin, token)) === 'unusable') unusable.push(origin);
      if (isFirstStart && given === null) tokens[origin] = token;
    }
    await client.query('commit');
    return { isFirstStart, tokens, unusable, short: short.filter((origin) => !unusable.includes(origin)) };
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

const givenFor = (origin: Origin, { ingestToken, adminToken }: Config): string | null =>
  origin === 'INGEST_TOKEN' ? ingestToken : adminToken;

/** @throws BadEnvironment with a sentence for each variable, as those for other bad values: it repeats none. */
async function findShort(client: pg.ClientBase, config: Config): Promise<Origin[]> {
  const short: Origin[] = [];
  const sentences: string[] = [];
  for (const origin of ORIGINS) {
    const token = givenFor(origin, config);
    if (token === null || [...token].length >= MIN_TOKEN_CHARACTERS) continue;
    const { rowCount } = await client.query('select from api_key where token_hash = $1', [hashToken(token)]);
    if (rowCount === 1) short.push(origin);
    else
      sentences.push(
        `${origin} must have at least ${MIN_TOKEN_CHARACTERS} characters, unless it is a token that this database knows from before.`,
      );
  }
  if (sentences.length > 0) throw new BadEnvironment(sentences);
  return short;
}

/**
 * A token that was replaced and is given again lives again; one that an administrator made, or revoked, keeps its own
 * life: an old variable must not bring back a token that leaked.
 */
async function putKey(client: pg.ClientBase, origin: Origin, token: string): Promise<'live' | 'unusable'> {
  const hash = hashToken(token);
  const ingest = origin === 'INGEST_TOKEN';
  const { rows } = await client.query<{ origin: string | null; live: boolean; fit: boolean }>(
    `select origin, revoked_at is null and (expires_at is null or expires_at > now()) as live, $2 = any (scopes) as fit
     from api_key where token_hash = $1`,
    [hash, ingest ? 'ingest' : 'admin'],
  );
  const [known] = rows;
  // Before anything is replaced: nobody is to be left without a key.
  if (known?.origin === null && !(known.live && known.fit)) return 'unusable';
  if (known?.live && known.origin === origin) return 'live';

  const replaced = await client.query<{ id: string }>(
    'update api_key set revoked_at = now() where origin = $1 and revoked_at is null returning id::text',
    [origin],
  );
  for (const { id } of replaced.rows) await recordStart(client, 'key.revoked', origin, id);
  if (known?.origin === null) return 'live';
  const put = await client.query<{ id: string }>(
    `insert into api_key (id, token_hash, hint, label, scopes, agent_id, origin) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (token_hash) do update
     set revoked_at = null, label = excluded.label, scopes = excluded.scopes, agent_id = excluded.agent_id, origin = excluded.origin
     returning id::text`,
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
  for (const { id } of put.rows)
    await recordStart(client, known ? 'key.restored' : 'key.created', origin, id);
  return 'live';
}

/** The start has no key and no address: its part in the audit is the variable that caused it. */
async function recordStart(client: pg.ClientBase, action: string, origin: Origin, id: string): Promise<void> {
  await client.query(
    `insert into audit_event (action, agent_id, subject, details) values ($1, $2, $3, json_build_object('variable', $4::text))`,
    [action, origin === 'INGEST_TOKEN' ? 'default' : null, id, origin],
  );
}
