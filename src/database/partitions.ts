import type pg from 'pg';

/** Months made ahead, so that the turn of a month finds its partition there even if nobody restarts. */
const MONTHS_AHEAD = 2;

/** Makes the partitions of deliveries for this month and the next ones. Safe to run at any time, by any process. */
export async function ensurePartitionsAhead(queryable: pg.Pool | pg.ClientBase): Promise<void> {
  await queryable.query(
    `select ensure_delivery_partition(now() + make_interval(months => ahead)) from generate_series(0, $1) as ahead`,
    [MONTHS_AHEAD],
  );
}
