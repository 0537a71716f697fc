import { Prisma } from '../../database/generated/client.js';
import { timeInId } from '../delivery.js';

export type State = 'waiting' | 'stored' | 'dismissed';

export interface QuarantinedRow {
  id: string;
  agent_id: string;
  received_at: Date;
  quarantine: State;
  outcome: 'stored' | 'repeated' | 'revised' | 'refused';
  problems: { field: string; problem: string }[];
  conversation_id: string | null;
  message_id: string | null;
  bytes: number;
  sha256: string;
  settled_at: Date | null;
  /** Null where a command settled it, or nobody knows. */
  settled_key: string | null;
  /** The label that the key had then, or what a command says of itself. */
  settled_by: string | null;
  dismissed_reason: string | null;
}

export type WithBody = QuarantinedRow & { body: Uint8Array | null };

const columns = Prisma.sql`d.id::text, d.agent_id, d.received_at, d.quarantine, d.outcome, coalesce(d.problems, '[]') as problems,
  d.conversation_id, d.message_id, d.bytes, encode(d.sha256, 'hex') as sha256, d.quarantine_settled_at as settled_at,
  d.quarantine_settled_key::text as settled_key, d.quarantine_settled_by as settled_by, d.dismissed_reason`;

/** A place in the list: the last row of a page. */
export interface Place {
  receivedAt: string;
  id: string;
}

/** Newest first. */
export const quarantined = (
  state: State,
  agent: string | undefined,
  before: Place | null,
  limit: number,
) => Prisma.sql`
  select ${columns} from delivery d
  where d.quarantine = ${state}
    ${agent === undefined ? Prisma.empty : Prisma.sql`and d.agent_id = ${agent}`}
    ${before ? Prisma.sql`and d.received_at <= ${before.receivedAt}::timestamptz and (d.received_at, d.id) < (${before.receivedAt}::timestamptz, ${before.id}::uuid)` : Prisma.empty}
  order by d.received_at desc, d.id desc
  limit ${limit}`;

export interface WaitingRow {
  id: string;
  agent_id: string;
  received_at: Date;
  /** Whether it has the problem that was asked for; true where none was. */
  matches: boolean;
}

/** What waits, oldest first: a replay must meet the bodies in the order in which they came. */
export const waitingAfter = (
  { agent, problem }: { agent?: string | undefined; problem?: string | undefined },
  after: Place | null,
  limit: number,
) => Prisma.sql`
  select d.id::text, d.agent_id, d.received_at, ${problem === undefined ? Prisma.sql`true` : hasProblem(problem)} as matches
  from delivery d
  where d.quarantine = 'waiting' ${agent === undefined ? Prisma.empty : Prisma.sql`and d.agent_id = ${agent}`}
    ${after ? Prisma.sql`and d.received_at >= ${after.receivedAt}::timestamptz and (d.received_at, d.id) > (${after.receivedAt}::timestamptz, ${after.id}::uuid)` : Prisma.empty}
  order by d.received_at, d.id
  limit ${limit}`;

/** By its field, by a part of what is wrong with it, or by both with a blank between them, as an error says it. */
const hasProblem = (problem: string) => Prisma.sql`exists (
  select from json_to_recordset(coalesce(d.problems, '[]')) as p (field text, problem text)
  where p.field = ${problem} or strpos(p.problem, ${problem}) > 0 or concat_ws(' ', p.field, p.problem) = ${problem})`;

/** The instant inside the id leads to the one partition that may hold the row. */
const named = (id: string) => Prisma.sql`
  d.received_at = ${timeInId(id).toISOString()}::timestamptz and d.id = ${id}::uuid and d.quarantine in ('waiting', 'stored', 'dismissed')`;

/**
 * With the bytes: its own, those of the delivery it shared them with, or, where its own were found to be a repeat, none
 * of both having any longer, those of the delivery that made the change of the same SHA-256.
 */
export const quarantinedBody = (id: string) => Prisma.sql`
  select ${columns}, coalesce(d.body,
    (select holder.body from delivery holder where holder.agent_id = d.agent_id and holder.id = d.body_in
       and holder.received_at = to_timestamp(('x' || left(replace(d.body_in::text, '-', ''), 12))::bit(48)::bigint / 1000.0)::timestamptz(3)),
    (select kept.body from change c
     join delivery kept on kept.agent_id = c.agent_id and kept.message_id = c.message_id and kept.id = c.delivery_id
     where c.agent_id = d.agent_id and c.message_id = d.message_id and c.sha256 = d.sha256)) as body
  from delivery d where ${named(id)}`;

export interface Dismissal {
  reason: string;
  key: { id: string; label: string };
}

/**
 * Gives up some deliveries of one agent. Only under the writer's lock, or a replay that is on its way would store what was
 * dismissed.
 * @returns how many rows it changed: those that do not wait (any longer) stay as they are
 */
export const dismiss = (
  agent: string,
  rows: Pick<QuarantinedRow, 'id' | 'received_at'>[],
  { reason, key }: Dismissal,
) => Prisma.sql`
  update delivery d set quarantine = 'dismissed', dismissed_reason = ${reason}, quarantine_settled_at = clock_timestamp(),
    quarantine_settled_key = ${key.id}::uuid, quarantine_settled_by = ${key.label}
  from unnest(${rows.map(({ received_at }) => received_at.toISOString())}::timestamptz[], ${rows.map(({ id }) => id)}::uuid[])
    as given (received_at, id)
  where d.agent_id = ${agent} and d.received_at = given.received_at and d.id = given.id and d.quarantine = 'waiting'`;
