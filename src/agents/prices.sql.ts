import { Prisma } from '../database/generated/client.js';

export interface PriceRow {
  id: string;
  /** A date, `2026-10-01`. */
  from_day: string;
  currency: string;
  /** A plain decimal. */
  per_credit: string;
  recorded_at: Date;
}

const columns = Prisma.raw(
  'id::text, from_day::text, currency, trim_scale(per_credit)::text as per_credit, recorded_at',
);

/** A page of the prices of an agent, also of those that a later one for the same day has replaced. */
export const pricesOfAgent = (agent: string, after: { day: string; id: string } | null, limit: number) =>
  Prisma.sql`
    select ${columns} from credit_price
    where agent_id = ${agent} ${after ? Prisma.sql`and (from_day, id) > (${after.day}::date, ${after.id}::bigint)` : Prisma.empty}
    order by credit_price.from_day, credit_price.id limit ${limit}`;

export const insertPrice = (price: {
  agent: string;
  from: string;
  currency: string;
  perCredit: string;
  recordedAt: Date;
}) => Prisma.sql`
  insert into credit_price (agent_id, from_day, currency, per_credit, recorded_at)
  values (${price.agent}, ${price.from}::date, ${price.currency}, ${price.perCredit}::numeric, ${price.recordedAt})
  returning ${columns}`;
