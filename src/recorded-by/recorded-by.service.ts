import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type pg from 'pg';
import { DatabaseService } from '../database/database.service.js';
import { Problem } from '../errors/problem.js';
import {
  LOCK_NOT_AVAILABLE,
  READ_UNDER_LOCK,
  READ_WITHOUT_LOCK,
  type RecordedByRow,
} from './recorded-by.sql.js';

/** Milliseconds for which what was looked up is good enough; an answer must not be older than 2 s. */
const MAX_AGE_MS = 1_000;
/** Milliseconds to wait for an instant to be reached. The answer must be there within 3 s. */
const REACH_TIMEOUT_MS = 2_000;
/**
 * Milliseconds from a commit until the clock is read. Then the result, which is up to a millisecond behind the clock,
 * is not before any time that was stored with the commit, even one that was rounded up to a whole millisecond.
 */
const AFTER_COMMIT_MS = 2;

interface Look {
  recordedBy: Date;
  clock: Date;
  /** Whether the lock was held, so that `recordedBy` is as late as it can be. */
  isLatest: boolean;
  /** When the look ended, by `performance.now()`. */
  at: number;
}

/**
 * Up to which instant, by the clock of the database, an answer includes everything that was recorded, by any process.
 * A value holds for whatever is read after it was looked up, so all requests of a process share one look a second, and
 * an idle process makes none.
 *
 * While one batch holds the lock for long, the value stays behind: it is then the last recording time that is
 * committed, or an earlier look's result if that is later. It is older than 2 s in that case, because the answers are.
 */
@Injectable()
export class RecordedBy {
  private last: Look | null = null;
  private running: Promise<Look> | null = null;
  private next: Promise<Look> | null = null;

  constructor(private readonly database: DatabaseService) {}

  /** For what is read after this resolves. At most a second old. */
  async current(): Promise<Date> {
    const isFresh = this.last !== null && performance.now() - this.last.at < MAX_AGE_MS;
    return (isFresh ? this.last! : await this.look()).recordedBy;
  }

  /**
   * Resolves when everything that was recorded at or before an instant can be read.
   * @param refuseAhead is given how many milliseconds the instant is ahead of the database's clock, and may throw
   * @throws 503 if that is not so in time
   */
  async reach(instant: Date, refuseAhead: (ms: number) => void): Promise<Date> {
    const deadline = performance.now() + REACH_TIMEOUT_MS;
    let recordedBy = await this.current();
    let aheadMs = 0;
    while (recordedBy < instant) {
      const look = await Promise.race([this.lookAgain(), expiry(deadline)]);
      if (look === null) throw notReached(aheadMs);
      recordedBy = look.recordedBy;
      if (recordedBy >= instant) break;
      aheadMs = instant.getTime() - look.clock.getTime();
      refuseAhead(aheadMs);
      if (performance.now() + aheadMs > deadline) throw notReached(aheadMs);
      await sleep(Math.max(aheadMs, 0) + 1);
    }
    return recordedBy;
  }

  /**
   * An instant that what was committed before this call was recorded by. It is for the answer to the request that
   * committed it: it may be ahead of what can be read if the lock or the database cannot be had, and whoever sends it
   * back waits until that has changed.
   */
  async afterChange(): Promise<Date> {
    await sleep(AFTER_COMMIT_MS);
    try {
      const { recordedBy, clock, isLatest } = await this.lookAgain();
      return isLatest ? recordedBy : later(recordedBy, clock);
    } catch (error) {
      // What was asked for is done, so the answer must not be an error.
      if (this.last === null) throw error;
      const passedMs = Math.ceil(performance.now() - this.last.at) + AFTER_COMMIT_MS;
      return later(this.last.recordedBy, new Date(this.last.clock.getTime() + passedMs));
    }
  }

  private look(): Promise<Look> {
    this.running ??= this.read().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  /** A look that begins after this call: one that is under way may have seen what was before. */
  private lookAgain(): Promise<Look> {
    this.next ??= (this.running ?? Promise.resolve())
      .catch(() => {})
      .then(() => {
        this.next = null;
        return this.look();
      });
    return this.next;
  }

  private async read(): Promise<Look> {
    const client = await this.database.pool.connect();
    let failure: Error | undefined;
    try {
      const { row, isLatest } = await readRow(client);
      const recordedBy = this.last ? later(this.last.recordedBy, row.recorded_by) : row.recorded_by;
      this.last = { recordedBy, clock: row.clock, isLatest, at: performance.now() };
      return this.last;
    } catch (error) {
      failure = error as Error;
      throw error;
    } finally {
      client.release(failure);
    }
  }
}

async function readRow(client: pg.PoolClient): Promise<{ row: RecordedByRow; isLatest: boolean }> {
  try {
    const results = (await client.query(READ_UNDER_LOCK)) as unknown as pg.QueryResult[];
    return { row: results.at(-1)!.rows[0] as RecordedByRow, isLatest: true };
  } catch (error) {
    if ((error as { code?: unknown }).code !== LOCK_NOT_AVAILABLE) throw error;
    const { rows } = await client.query<RecordedByRow>(READ_WITHOUT_LOCK);
    return { row: rows[0]!, isLatest: false };
  }
}

const later = (a: Date, b: Date): Date => (a > b ? a : b);

const expiry = (deadline: number): Promise<null> =>
  sleep(Math.max(0, deadline - performance.now()), null, { ref: false });

const notReached = (aheadMs: number): Problem =>
  new Problem(
    503,
    'What was recorded by the instant that was asked for cannot be answered yet. Ask again later.',
    [],
    { 'retry-after': String(Math.max(1, Math.ceil(aheadMs / 1_000))) },
  );
