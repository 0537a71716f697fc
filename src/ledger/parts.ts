import type pg from 'pg';
import { DERIVED, type DerivedSums } from './derived-sums.js';

/** A part of a table that is looked at in one statement: an agent's month, or all of an agent. */
export interface Part {
  sums: DerivedSums;
  parameters: (string | Date)[];
  /** The messages it is about, as a measure of the work. */
  weight: number;
}

/**
 * All parts of all tables. Months are those of UTC, and together they hold every message and every row of
 * `usage_bucket`, wherever it may have been put.
 */
export async function allParts(client: pg.ClientBase): Promise<Part[]> {
  const { rows } = await client.query<{ agent_id: string; month: Date; next: Date; weight: number }>(`
    select agent_id, month, (month at time zone 'UTC' + interval '1 month') at time zone 'UTC' as next, sum(weight)::float8 as weight
    from (
      select agent_id, date_trunc('month', create_time, 'UTC') as month, count(*) as weight from message group by 1, 2
      union all
      select agent_id, date_trunc('month', start, 'UTC'), 1 from usage_bucket group by 1, 2
    ) as found group by 1, 2 order by 1, 2`);
  const agents = await client.query<{ agent_id: string; weight: number }>(
    'select agent_id, sum(messages)::float8 as weight from conversation group by 1 order by 1',
  );
  return DERIVED.flatMap((sums): Part[] =>
    sums.part === 'month'
      ? rows.map(({ agent_id, month, next, weight }) => ({
          sums,
          parameters: [agent_id, month, next],
          weight,
        }))
      : agents.rows.map(({ agent_id, weight }) => ({ sums, parameters: [agent_id], weight })),
  );
}
