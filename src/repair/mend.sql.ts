import type pg from 'pg';
import {
  asMeant,
  asMeantInGap,
  asStored,
  type Evidence,
  LINKED,
  type Linked,
  TOLERANCE_MS,
} from './evidence.sql.js';
import type { Span } from './judge.js';

/** A time that was made right. */
export interface Mended {
  table: 'agent' | 'api_key' | 'audit_event' | 'statement';
  id: string;
  column: string;
  before: Date;
  after: Date;
  /** What it may have been as well: clocks of the zone skipped an hour, and a session stored two instants alike. */
  otherwise: Date | null;
}

const TOLERANCE = `interval '${TOLERANCE_MS} milliseconds'`;

export async function mendRanges(client: pg.ClientBase, wrong: Evidence[]): Promise<Mended[]> {
  const bounds = wrong.filter(({ table }) => table === 'statement');
  for (const id of new Set(bounds.map((bound) => bound.id))) {
    const right = (column: string) =>
      bounds.find((bound) => bound.id === id && bound.column === column)?.right.toISOString() ?? null;
    // At once: between the two, the range could be the wrong way round.
    await client.query(
      'update statement set range_from = coalesce($2, range_from), range_to = coalesce($3, range_to) where id = $1',
      [id, right('range_from'), right('range_to')],
    );
  }
  return bounds.map(asMended);
}

export async function mendExpiries(client: pg.ClientBase, wrong: Evidence[]): Promise<Mended[]> {
  const expiries = wrong.filter(({ table }) => table === 'api_key');
  for (const { id, right } of expiries)
    await client.query('update api_key set expires_at = $2 where id = $1', [id, right.toISOString()]);
  return expiries.map(asMended);
}

const asMended = ({ table, id, column, stored, right }: Evidence): Mended => ({
  table,
  id,
  column,
  before: stored,
  after: right,
  otherwise: null,
});

/**
 * Lines that requests wrote, but for those that are known to be right. Of the two instants that a line may be of, it is
 * the one that `clocks` name.
 */
export async function mendLines(
  client: pg.ClientBase,
  zone: string,
  spans: Span[],
  clocks: Evidence[],
  right: bigint[],
): Promise<Mended[]> {
  const { rows } = await client.query<Mended>(
    `with shifted as (
       select l.id, l.at as before, c.at as clock, ${asMeant('l.at', '$1::text')} as meant, ${asMeantInGap('l.at', '$1::text')} as in_gap
       from audit_event l
       join unnest($2::bigint[], $3::bigint[]) as span (first, last) on l.id between span.first and span.last
       left join unnest($4::bigint[], $5::timestamptz[]) as c (id, at) on c.id = l.id
       where l.address is not null and l.id <> all ($6::bigint[])
     ), mended as (
       select id, before, clock is not null as is_known,
         case when abs(extract(epoch from in_gap - clock)) < abs(extract(epoch from meant - clock)) and ${asStored('in_gap', '$1::text')} = before
           then in_gap else meant end as after,
         case when in_gap <> meant and ${asStored('in_gap', '$1::text')} = before then in_gap end as otherwise
       from shifted
     )
     update audit_event l set at = m.after from mended m where l.id = m.id and m.after <> m.before
     returning 'audit_event' as "table", l.id::text, 'at' as "column", m.before, m.after,
       case when not m.is_known then m.otherwise end as otherwise`,
    [
      zone,
      spans.map(({ first }) => String(first)),
      spans.map(({ last }) => String(last)),
      clocks.map(({ event }) => String(event)),
      clocks.map((clock) => clock.right.toISOString()),
      right.map(String),
    ],
  );
  return rows.sort((a, b) => Number(BigInt(a.id) - BigInt(b.id)));
}

/** What was stored together with a line, and differs from it as a session of the zone would have made it differ. */
export async function mendLinked(client: pg.ClientBase, zone: string): Promise<Mended[]> {
  const { rows } = await client.query<Linked & { after: Date }>(
    `select * from (
       select "table", id, "column", event::text, stored, at,
         case when abs(extract(epoch from ${asMeant('stored', '$1::text')} - at)) <= abs(extract(epoch from ${asMeantInGap('stored', '$1::text')} - at))
           then ${asMeant('stored', '$1::text')} else ${asMeantInGap('stored', '$1::text')} end as after
       from (${LINKED}) as linked
     ) as meant
     where stored not between at - ${TOLERANCE} and at + ${TOLERANCE} and after between at - ${TOLERANCE} and at + ${TOLERANCE}
     order by "table", id, "column"`,
    [zone],
  );
  for (const { table, id, column, after } of rows) {
    await client.query(
      `update ${table} set ${column} = $2 where ${table === 'agent' ? 'id = $1' : 'id = $1::uuid'}`,
      [id, after.toISOString()],
    );
  }
  return rows.map(({ table, id, column, stored, after }) => ({
    table,
    id,
    column,
    before: stored,
    after,
    otherwise: null,
  }));
}

export async function recordRepair(client: pg.ClientBase, zone: string, mended: Mended[]): Promise<void> {
  const rows: Record<string, number> = {};
  for (const { table, column } of mended) rows[`${table}.${column}`] = (rows[`${table}.${column}`] ?? 0) + 1;
  await client.query(
    'insert into audit_event (key_label, action, subject, details) values ($1, $2, $3, $4)',
    ['npm run repair', 'times.repaired', zone, JSON.stringify({ zone, rows })],
  );
  await client.query('update earlier_sessions set repaired_at = now(), repaired_zone = $1', [zone]);
}
