import type pg from 'pg';
import { WRITER_LOCK } from '../ledger/writer-lock.js';

/** One step of any erasure at a time: two of the same conversation would wait for each other's rows in a circle. */
const ERASURE_LOCK = 4_270_002;

/** What an erasure took away. `deliveries` counts raw bodies that were kept, `quarantined` refused bodies among them or not. */
export interface Erased {
  messages: number;
  pieces: number;
  deliveries: number;
  quarantined: number;
}

export interface Conversation {
  agentId: string;
  id: string;
}

/** A place among the messages of a conversation. */
export interface Place {
  createTime: string;
  id: string;
}

/**
 * Does one step in a transaction of its own, so that deliveries wait for a step at most, and a killed erasure keeps what
 * it did.
 */
export async function inStep<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query(`begin; select pg_advisory_xact_lock(${ERASURE_LOCK})`);
  try {
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

/** Waits for the writer in a statement of its own: one that also reads would not see what the last batch committed. */
export async function waitForWriter(client: pg.ClientBase): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(${WRITER_LOCK})`);
}

/** The agents that have a conversation, in messages or in refused bodies that could be read as far as its id. */
export async function agentsHaving(client: pg.ClientBase, agents: string[], id: string): Promise<string[]> {
  const { rows } = await client.query<{ agent_id: string }>(
    `select agent_id from conversation where id = $2 and agent_id = any ($1::text[])
     union
     select agent_id from delivery
     where quarantine is not null and conversation_id = $2 and agent_id = any ($1::text[])
     order by agent_id`,
    [agents, id],
  );
  return rows.map(({ agent_id }) => agent_id);
}

/** Up to when messages were recorded: an erasure takes what was there when it began, or it might never end. */
export async function readCut(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ recorded_at: Date }>('select recorded_at from ledger_state');
  return rows[0]!.recorded_at.toISOString();
}

/** The next messages to erase, oldest first, after a place. */
export async function livingMessages(
  client: pg.ClientBase,
  { agentId, id }: Conversation,
  cut: string,
  after: Place | null,
  limit: number,
): Promise<Place[]> {
  const { rows } = await client.query<{ id: string; create_time: Date }>(
    `select id, create_time from message
     where agent_id = $1 and conversation_id = $2 and erased_at is null and recorded_at <= $3::timestamptz
       and (create_time, id) > ($4::timestamptz, $5)
     order by create_time, id limit $6`,
    [agentId, id, cut, after?.createTime ?? '-infinity', after?.id ?? '', limit],
  );
  return rows.map((row) => ({ createTime: row.create_time.toISOString(), id: row.id }));
}

/** Who erases: a key, or a command, which has only a label. */
export interface Eraser {
  keyId: string | null;
  label: string | null;
}

/**
 * The bytes go, and what was said about them. Without bytes nothing can be replayed, so such a delivery no longer waits.
 * @param eraser the parameters that hold the id and the label of who erases
 */
export const withoutBody = (eraser: { keyId: string; label: string }) => `
  set body = null, body_in = null, problems = null,
    dismissed_reason = case when quarantine = 'waiting' then 'erased' else dismissed_reason end,
    quarantine_settled_at = case when quarantine = 'waiting' then clock_timestamp() else quarantine_settled_at end,
    quarantine_settled_key = case when quarantine = 'waiting' then ${eraser.keyId}::uuid else quarantine_settled_key end,
    quarantine_settled_by = case when quarantine = 'waiting' then ${eraser.label}::text else quarantine_settled_by end,
    quarantine = case when quarantine = 'waiting' then 'dismissed' else quarantine end`;
const HAS_SOMETHING = `(d.body is not null or d.problems is not null or d.quarantine = 'waiting')`;
export const COUNTS = `
  select count(*) filter (where quarantine is null)::int as deliveries,
         count(*) filter (where quarantine is not null)::int as quarantined`;

export type BodyCounts = Pick<Erased, 'deliveries' | 'quarantined'>;

/**
 * Erases every body that arrived for some messages, refused ones too, unless they name another conversation. Those that
 * are or were in quarantine only under the writer's lock, for a replay may be at them.
 */
export async function eraseBodies(
  client: pg.ClientBase,
  { agentId, id }: Conversation,
  messageIds: string[],
  which: 'all' | 'never refused',
  eraser: Eraser,
): Promise<BodyCounts> {
  const { rows } = await client.query<BodyCounts>(
    `with gone as (
       update delivery d ${withoutBody({ keyId: '$4', label: '$5' })}
       where d.agent_id = $1 and d.message_id = any ($3::text[]) and ${HAS_SOMETHING}
         and (d.conversation_id = $2 or d.conversation_id is null)
         ${which === 'all' ? '' : 'and d.quarantine is null'}
       returning d.quarantine
     ) ${COUNTS} from gone`,
    [agentId, id, messageIds, eraser.keyId, eraser.label],
  );
  return rows[0]!;
}

/** Erases the next refused bodies that could be read as far as to name a conversation. */
export async function eraseQuarantined(
  client: pg.ClientBase,
  { agentId, id }: Conversation,
  limit: number,
  eraser: Eraser,
): Promise<BodyCounts> {
  const { rows } = await client.query<BodyCounts>(
    `with next as (
       select d.received_at, d.id from delivery d
       where d.agent_id = $1 and d.conversation_id = $2 and d.quarantine is not null and ${HAS_SOMETHING} limit $3
     ), gone as (
       update delivery d ${withoutBody({ keyId: '$4', label: '$5' })} from next
       where d.agent_id = $1 and d.received_at = next.received_at and d.id = next.id
       returning d.quarantine
     ) ${COUNTS} from gone`,
    [agentId, id, limit, eraser.keyId, eraser.label],
  );
  return rows[0]!;
}

/**
 * Erases what some messages said, says so in the changes feed, and takes them out of what their conversation counts.
 * Only under the writer's lock. Their figures, entries and changes stay.
 */
export async function silence(
  client: pg.ClientBase,
  { agentId, id }: Conversation,
  messageIds: string[],
): Promise<Pick<Erased, 'messages' | 'pieces'>> {
  const { rows } = await client.query<Pick<Erased, 'messages' | 'pieces'>>(
    `with living as materialized (
       select id, message_type, revision, create_time, total_credits from message
       where agent_id = $1 and conversation_id = $2 and id = any ($3::text[]) and erased_at is null
     ), moment as materialized (
       select position, greatest(date_trunc('milliseconds', clock_timestamp()), recorded_at + interval '1 millisecond') as now
       from ledger_state
     ), lines as (
       insert into change (agent_id, position, kind, conversation_id, message_id, message_type, revision, occurred_at, recorded_at)
       select $1, moment.position + row_number() over (order by create_time, id), 'erased', $2, id, message_type, revision,
              create_time, moment.now
       from living, moment
     ), silenced as (
       update message m set text = null, erased_at = moment.now ${await forgetSearch(client)} from living, moment
       where m.agent_id = $1 and m.id = living.id
     ), pieces as (
       delete from flow_output where agent_id = $1 and message_id = any ($3::text[]) returning 1
     ), counted as (
       update conversation c set messages = c.messages - gone.messages, total_credits = c.total_credits - gone.credits,
         credit_messages = c.credit_messages - gone.credit_messages
       from (select count(*) as messages, coalesce(sum(total_credits), 0) as credits, count(total_credits) as credit_messages
             from living) as gone
       where c.agent_id = $1 and c.id = $2
     ), state as (
       update ledger_state set position = moment.position + (select count(*) from living), recorded_at = moment.now from moment
     )
     select (select count(*) from living)::int as messages, (select count(*) from pieces)::int as pieces`,
    [agentId, id, messageIds],
  );
  return rows[0]!;
}

/** When a conversation began and ended, of the messages that are left. Only under the writer's lock. */
export async function settleBounds(client: pg.ClientBase, { agentId, id }: Conversation): Promise<void> {
  await client.query(
    `update conversation c set first_message_at = living.first, last_message_at = living.last
     from (select min(create_time) as first, max(create_time) as last from message
           where agent_id = $1 and conversation_id = $2 and erased_at is null) as living
     where c.agent_id = $1 and c.id = $2 and living.first is not null`,
    [agentId, id],
  );
}

/**
 * What a statement that erases texts also sets where texts are indexed: an empty index, since null would have the message
 * indexed anew.
 */
export async function forgetSearch(client: pg.ClientBase): Promise<string> {
  const { rowCount } = await client.query(
    `select from pg_attribute where attrelid = 'public.message'::regclass and attname = 'search' and not attisdropped`,
  );
  return rowCount ? `, search = ''` : '';
}

/** The index of texts that are too long for one column has rows of its own. */
export async function eraseSearchParts(
  client: pg.ClientBase,
  agentId: string,
  messageIds: string[],
): Promise<void> {
  const { rows } = await client.query<{ found: boolean }>(
    `select to_regclass('public.search_part') is not null as found`,
  );
  if (!rows[0]?.found) return;
  await client.query('delete from search_part where agent_id = $1 and message_id = any ($2::text[])', [
    agentId,
    messageIds,
  ]);
}
