import type pg from 'pg';

/** Milliseconds that clocks of two machines may differ without anybody minding. */
const TOLERANCE_MS = 5_000;

export interface Clock {
  /** Of the database server. */
  now: Date;
  /** When the newest record was made. */
  newest: Date;
}

export async function readClock(client: pg.ClientBase): Promise<Clock> {
  const { rows } = await client.query<Clock>(
    'select clock_timestamp() as now, recorded_at as newest from ledger_state',
  );
  return rows[0]!;
}

/**
 * What an operator should know of the clocks, in sentences: recording times never go back, so that with a clock behind the
 * newest record they go on by a millisecond each until it is reached.
 * @param here the time of this machine, which says when a delivery was received
 */
export function describeClock({ now, newest }: Clock, here: Date): string[] {
  const sentences: string[] = [];
  const behind = newest.getTime() - now.getTime();
  if (behind > TOLERANCE_MS) {
    sentences.push(
      `The clock of the database server shows ${now.toISOString()}, which is before the newest record, of ${newest.toISOString()}: recording times never go back, so that what is recorded until then gets times just behind that one. Check the clock.`,
    );
  }
  const apart = here.getTime() - now.getTime();
  if (Math.abs(apart) > TOLERANCE_MS) {
    sentences.push(
      `The clock of this machine is ${Math.round(Math.abs(apart) / 1000)} s ${apart < 0 ? 'behind' : 'ahead of'} that of the database server: times of receipt and of recording differ by that. Check both.`,
    );
  }
  return sentences;
}
