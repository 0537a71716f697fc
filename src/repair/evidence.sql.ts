import type pg from 'pg';

/**
 * A stored time beside what another record says it should be. `exact`: the request's own words. `clock`: a time that
 * the database took a moment before or after. `order`: the line of the audit trail is out of order by the nearest line
 * that the database's own clock dated, which is `right`.
 */
export interface Evidence {
  /** The line of the audit trail that the request wrote which stored the time. */
  event: bigint;
  kind: 'exact' | 'clock' | 'order';
  table: 'api_key' | 'audit_event' | 'statement';
  id: string;
  column: string;
  stored: Date;
  right: Date;
  /** What a session of the zone asked for would have made of `right`; null without a zone. */
  shifted: Date | null;
}

/** How far the clocks of the application and of the database may be apart, and how long a request may take. */
export const TOLERANCE_MS = 5 * 60_000;

/**
 * As a session of a zone stored an instant, and back. Prisma writes the clock of UTC without an offset, and PostgreSQL
 * reads it as the clock of the session. Neither depends on the zone of the session that asks.
 */
export const asStored = (instant: string, zone: string) =>
  `((${instant} at time zone 'UTC') at time zone ${zone})`;
export const asMeant = (stored: string, zone: string) =>
  `((${stored} at time zone ${zone}) at time zone 'UTC')`;

/**
 * The same where the clock of UTC showed an hour that the zone's clocks skipped: a session reads it by the offset that
 * held before. A day earlier that offset still held.
 */
export const asMeantInGap = (stored: string, zone: string) =>
  `(${stored} + (((${stored} - interval '1 day') at time zone ${zone}) - ((${stored} - interval '1 day') at time zone 'UTC')))`;

/**
 * Only requests went through Prisma, and they have an address. What the start and the commands record is dated by the
 * database: two such lines have every line between them in their middle.
 */
const AUDIT_EVIDENCE = `
with lines as (
  select id, at, action, agent_id, subject, details, address is not null as by_request,
    max(at) filter (where address is null) over (order by id) as not_before,
    min(at) filter (where address is null) over (order by id desc) as not_after
  from audit_event
), price_lines as (
  select id, at, agent_id, (details->>'from')::date as from_day, details->>'currency' as currency,
    (details->>'per_credit')::numeric as per_credit,
    row_number() over (partition by agent_id, details->>'from', details->>'currency', (details->>'per_credit')::numeric order by id) as n
  from lines where action = 'price.added' and by_request
), prices as (
  select *, row_number() over (partition by agent_id, from_day, currency, per_credit order by id) as n from credit_price
), evidence as (
  select l.id as event, 'exact' as kind, 'api_key' as "table", k.id::text as id, 'expires_at' as "column", k.expires_at as stored,
    (l.details->>'expires_at')::timestamptz as "right"
  from lines l join api_key k on k.id::text = l.subject
  where l.action = 'key.created' and l.by_request and k.expires_at is not null and l.details->>'expires_at' is not null
  union all
  select l.id, 'clock', 'audit_event', l.id::text, 'at', l.at, s.closed_at
  from lines l join statement s on s.id::text = l.subject
  where l.action = 'statement.closed' and l.by_request
  union all
  select l.id, 'clock', 'audit_event', l.id::text, 'at', l.at, p.recorded_at
  from price_lines l join prices p using (agent_id, from_day, currency, per_credit, n)
  union all
  select id, 'order', 'audit_event', id::text, 'at', at, case when at < not_before then not_before else not_after end
  from lines
  where by_request and (at < not_before - $2::interval or at > not_after + $2::interval)
    and id <= (select last_audit_event from earlier_sessions)
)
select event::text, kind, "table", id, "column", stored, "right", ${asStored('"right"', '$1::text')} as shifted
from evidence order by evidence.event, kind`;

/** All of it, in the order of the audit trail, but for that of statements. */
export async function readAuditEvidence(client: pg.ClientBase, zone: string | null): Promise<Evidence[]> {
  const { rows } = await client.query<Omit<Evidence, 'event'> & { event: string }>(AUDIT_EVIDENCE, [
    zone,
    `${TOLERANCE_MS} milliseconds`,
  ]);
  return rows.map((row) => ({ ...row, event: BigInt(row.event) }));
}

/** A statement's range with the line that closed it, and what sessions of the zone would have made of other bounds. */
export interface ClosedRange {
  id: string;
  event: string | null;
  period: string;
  tz: string;
  from: Date;
  to: Date;
}

export async function readRanges(client: pg.ClientBase): Promise<ClosedRange[]> {
  const { rows } = await client.query<ClosedRange>(
    `select s.id::text, s.period, s.tz, s.range_from as "from", s.range_to as "to",
       (select min(a.id)::text from audit_event a where a.action = 'statement.closed' and a.subject = s.id::text) as event
     from statement s order by s.closed_at, s.id`,
  );
  return rows;
}

export async function readDocument(client: pg.ClientBase, id: string): Promise<Buffer | null> {
  const { rows } = await client.query<{ document: Buffer }>('select document from statement where id = $1', [
    id,
  ]);
  return rows[0]?.document ?? null;
}

/** Each instant as a session of the zone would have stored it. */
export async function readAsStored(client: pg.ClientBase, zone: string, instants: Date[]): Promise<Date[]> {
  const { rows } = await client.query<{ stored: Date }>(
    `select ${asStored('instant', '$2::text')} as stored
     from unnest($1::timestamptz[]) with ordinality as given (instant, n) order by n`,
    [instants.map((instant) => instant.toISOString()), zone],
  );
  return rows.map(({ stored }) => stored);
}

/** A time that must be that of a line of the audit trail, to the tolerance: a key's, an agent's. */
export interface Linked {
  table: 'agent' | 'api_key';
  id: string;
  column: 'created_at' | 'revoked_at';
  event: string;
  stored: Date;
  at: Date;
}

/** What was stored with a line, in one transaction: both are right, or both are shifted. */
export const LINKED = `
select 'api_key' as "table", k.id::text as id, 'created_at' as "column", l.id as event, k.created_at as stored, l.at
from api_key k join audit_event l on l.action = 'key.created' and l.subject = k.id::text
union all
select 'api_key', k.id::text, 'revoked_at', l.id, k.revoked_at, l.at
from api_key k join lateral (
  select id, at from audit_event a where a.action = 'key.revoked' and a.subject = k.id::text order by a.id desc limit 1
) l on k.revoked_at is not null
union all
select 'agent', g.id, 'created_at', l.id, g.created_at, l.at
from agent g join audit_event l on l.action = 'agent.created' and l.subject = g.id`;

export async function readLinked(client: pg.ClientBase): Promise<Linked[]> {
  const { rows } = await client.query<Linked>(
    `select "table", id, "column", event::text, stored, at from (${LINKED}) as linked order by linked.event, id, "column"`,
  );
  return rows;
}
