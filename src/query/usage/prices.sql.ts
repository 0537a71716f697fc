import { Prisma } from '../../database/generated/client.js';

export interface PriceRow {
  agent_id: string;
  currency: string;
  /** A date, `2026-10-01`. */
  from_day: string;
  /** A plain decimal. */
  per_credit: string;
}

/** The prices known at an instant: of those of one agent, currency and day the one that was recorded last. */
export const pricesKnownAt = (agents: string[], instant: Date | null) => Prisma.sql`
  select distinct on (agent_id, currency, from_day)
    agent_id, currency, from_day::text, trim_scale(per_credit)::text as per_credit
  from credit_price
  where agent_id = any (${agents}) ${instant ? Prisma.sql`and recorded_at <= ${instant}` : Prisma.empty}
  order by agent_id, currency, from_day, recorded_at desc, id desc`;
