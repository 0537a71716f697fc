import type pg from 'pg';
import { eraseSearchParts, forgetSearch, inStep, waitForWriter } from '../erasure/erasure.sql.js';

/** A month of deliveries that has its own partition. */
export interface Month {
  partition: string;
  /** The first instant after it. */
  end: string;
}

export interface State {
  rawBefore: Date;
  contentBefore: Date;
  contentPosition: string;
  ranAt: Date | null;
}

export async function readState(client: pg.ClientBase): Promise<State> {
  const { rows } = await client.query<State>(
    `select raw_before as "rawBefore", content_before as "contentBefore", content_position::text as "contentPosition",
       ran_at as "ranAt" from retention_state`,
  );
  return rows[0]!;
}

/** The months that ended by an instant. */
export async function monthsBefore(client: pg.ClientBase, instant: Date): Promise<Month[]> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'public.delivery'::regclass order by 1`,
  );
  return rows
    .map(({ name }) => {
      const [, year, month] = /^delivery_(\d{4})_(\d\d)$/.exec(name) ?? [];
      return { partition: name, end: new Date(Date.UTC(Number(year), Number(month))).toISOString() };
    })
    .filter(({ end }) => Date.parse(end) <= instant.getTime());
}

/**
 * Bodies that may go: none that waits in quarantine, for it was promised, nor one whose very bytes wait under another
 * delivery, which may have no copy of its own. Of months that were done before, only what left quarantine since.
 */
const mayGo = (doneBefore: boolean) => `
  d.body is not null and d.quarantine is distinct from 'waiting' ${doneBefore ? 'and d.quarantine is not null' : ''}
  and not exists (select from delivery w where w.agent_id = d.agent_id and w.quarantine = 'waiting' and w.sha256 = d.sha256)`;

/** How many bodies of a month may go, of how many bytes; and how many wait in quarantine, and stay. */
export async function countBodies(
  client: pg.ClientBase,
  { partition }: Month,
  doneBefore: boolean,
): Promise<{ bodies: number; bytes: number; waiting: number }> {
  const { rows } = await client.query<{ bodies: number; bytes: number; waiting: number }>(
    `select count(*)::float8 as bodies, coalesce(sum(d.bytes), 0)::float8 as bytes,
       (select count(*) from ${partition} where quarantine = 'waiting')::float8 as waiting
     from ${partition} d where ${mayGo(doneBefore)}`,
  );
  return rows[0]!;
}

/** Drops the next bodies of a month. Ids, times, outcomes and digests stay: a message's list of deliveries still answers. */
export async function dropBodies(
  client: pg.ClientBase,
  { partition }: Month,
  doneBefore: boolean,
  limit: number,
): Promise<number> {
  return inStep(client, async () => {
    const { rowCount } = await client.query(
      `update ${partition} set body = null where ctid = any (array(
         select d.ctid from ${partition} d where ${mayGo(doneBefore)} limit $1))`,
      [limit],
    );
    return rowCount ?? 0;
  });
}

/**
 * Gives the room back to the disk. Rewriting the month takes a lock on it, for which nobody should have to wait long;
 * where readers do not let go, its room is only free for reuse.
 */
export async function shrink(client: pg.ClientBase, { partition }: Month): Promise<void> {
  await client.query(`set lock_timeout = '2s'`);
  try {
    await client.query(`vacuum (full, analyze) ${partition}`);
  } catch (error) {
    if ((error as { code?: string }).code !== '55P03') throw error;
    await client.query(`vacuum (analyze) ${partition}`);
  } finally {
    await client.query('reset lock_timeout');
  }
}

/** Messages that have something to say and were dated before $2. */
const IS_OLD = `
  m.erased_at is null and m.create_time < $2::timestamptz
  and (m.text is not null or exists (select from flow_output f where f.agent_id = m.agent_id and f.message_id = m.id))`;

/** Agents apart, since their messages are indexed by them. */
export async function listAgents(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>('select id from agent order by id');
  return rows.map(({ id }) => id);
}

/**
 * The next messages that became old, from an instant ($3) on; and those that were old at the last run already ($5), but
 * were changed since ($4): as a rule none.
 */
const CANDIDATES = `
  (select m.agent_id, m.id, m.create_time from message m
   where m.agent_id = $1 and m.create_time >= $3::timestamptz and ${IS_OLD}
   order by m.create_time limit $6)
  union
  (select m.agent_id, m.id, null from change c join message m on m.agent_id = c.agent_id and m.id = c.message_id
   where c.agent_id = $1 and c.position > $4::bigint and c.occurred_at < $5::timestamptz and ${IS_OLD} limit $6)`;

const parameters = (agent: string, before: Date, from: Date, state: State, limit: number | null) => [
  agent,
  before.toISOString(),
  from.toISOString(),
  state.contentPosition,
  state.contentBefore.toISOString(),
  limit,
];

export async function countContents(
  client: pg.ClientBase,
  agent: string,
  before: Date,
  state: State,
): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `select count(distinct id)::float8 as count from (${CANDIDATES}) as old`,
    parameters(agent, before, state.contentBefore, state, null),
  );
  return rows[0]!.count;
}

/**
 * Drops texts, pieces and search entries of the next messages, oldest first from an instant on. Under the writer's lock:
 * a batch may touch the same rows.
 * @returns how many, and from where to go on
 */
export async function dropContents(
  client: pg.ClientBase,
  agent: string,
  before: Date,
  from: Date,
  state: State,
  limit: number,
): Promise<{ count: number; last: Date | null }> {
  const search = await forgetSearch(client);
  return inStep(client, async () => {
    await waitForWriter(client);
    const { rows } = await client.query<{ count: number; last: Date | null; ids: string[] }>(
      `with old as materialized (${CANDIDATES}),
       pieces as (delete from flow_output f using old where f.agent_id = old.agent_id and f.message_id = old.id),
       messages as (update message m set text = null ${search} from old where m.agent_id = old.agent_id and m.id = old.id)
       select count(distinct id)::int as count, max(create_time) as last, array_agg(distinct id::text) as ids from old`,
      parameters(agent, before, from, state, limit),
    );
    const { ids, ...dropped } = rows[0]!;
    await eraseSearchParts(client, agent, ids ?? []);
    return dropped;
  });
}

export async function readPosition(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ position: string }>('select position::text from ledger_state');
  return rows[0]!.position;
}

export async function saveState(client: pg.ClientBase, state: Omit<State, 'ranAt'>): Promise<void> {
  await client.query(
    `update retention_state set raw_before = greatest(raw_before, $1), content_before = greatest(content_before, $2),
       content_position = $3, ran_at = now()`,
    [state.rawBefore, state.contentBefore, state.contentPosition],
  );
}
