import { Prisma } from '../../database/generated/client.js';
import type { Prices } from './prices.js';

/** The prices known at an instant: of those of one agent and day the one that was added last, whatever its currency. */
export const pricesKnownAt = (agents: string[], instant: Date | null) => Prisma.sql`
  select distinct on (agent_id, from_day)
    agent_id, currency, from_day::text, trim_scale(per_credit)::text as per_credit
  from credit_price
  where agent_id = any (${agents}) ${instant ? Prisma.sql`and recorded_at <= ${instant}` : Prisma.empty}
  order by agent_id, from_day, id desc`;

/** The prices as rows to join with, by the number of the stretch that `stretchOf` gives. */
export const priceRows = ({ stretches }: Prices) => Prisma.sql`
  select * from unnest(
    ${stretches.map(({ agent }) => agent)}::text[], ${stretches.map(({ currency }) => currency)}::text[],
    ${stretches.map(({ perCredit }) => perCredit)}::text[]::numeric[],
    ${stretches.map(({ first }) => first)}::int[], ${stretches.map(({ last }) => last)}::int[]
  ) as price (agent, currency, per_credit, first, last)`;

/** The number of the stretch between price changes that an instant lies in. */
export const stretchOf = (instant: string, { edges }: Prices) =>
  Prisma.sql`width_bucket(${Prisma.raw(instant)}, ${edges}::timestamptz[])`;
