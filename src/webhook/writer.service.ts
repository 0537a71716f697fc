import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import type { Logger } from 'pino';
import { CONNECT_TIMEOUT, DatabaseService, hearErrors } from '../database/database.service.js';
import { DiskSpace } from '../database/disk-space.js';
import { isDatabaseAway } from '../errors/database-away.js';
import { unavailable } from '../errors/problem.js';
import { LOGGER } from '../logging.js';
import { Metrics } from '../metrics/metrics.js';
import { type BatchTransaction, beginBatch, storeBatch, widenBatch } from './batch-transaction.js';
import type { Delivery, Outcome } from './delivery.js';
import { Turns } from './turns.js';

/** Milliseconds after which a sender is told 503: it wants an answer within 3 s, of which finding its key may take one. */
const DEADLINE = 1_900;
/** Milliseconds for one statement of a batch, the wait for the lock included. */
const STATEMENT_TIMEOUT = 5_000;
/** The waiting line: what does not fit is told 503 at once. A batch is what of it fits one statement well. */
const LINE = { deliveries: 4_000, bytes: 128 * 1024 * 1024 };
const BATCH = { deliveries: 250, bytes: 16 * 1024 * 1024 };
/** A batch costs about a millisecond and each of its deliveries 0.15: fewer do better to wait for the next one. */
const WORTH_A_ROUND_TRIP = 8;

/** How much of the bound may wait before readiness says no: soon nothing more will fit. */
const FULL = 0.9;

export interface WriterStatus {
  waiting: number;
  waitingBytes: number;
  /** Milliseconds that the first of the line has waited; 0 where nobody waits. */
  oldestMs: number;
  /** Milliseconds that the batch in hand has taken so far; 0 where there is none. */
  batchMs: number;
  isFull: boolean;
}

interface Waiting {
  since: number;
  delivery: Delivery;
  settle: (outcome: Outcome) => void;
  fail: (error: unknown) => void;
}

/** What goes into one transaction. */
interface Batch {
  waiting: Waiting[];
  /** Who wants to know whether anything can be stored, and learns it by this batch. */
  proofs: { resolve: () => void; reject: (error: unknown) => void }[];
}

/**
 * Stores deliveries: those that wait at the same moment go into one transaction, and one batch commits at a time.
 * Load makes a delivery cheaper, and a lone one waits for nobody.
 */
@Injectable()
export class WriterService implements OnApplicationShutdown {
  private line: Waiting[] = [];
  private proofs: Batch['proofs'] = [];
  private lineBytes = 0;
  private running = false;
  /** Somebody wants to know when the line grows. */
  private onLine: (() => void) | null = null;
  private batchSince: number | null = null;
  private readonly answers = new Turns();
  private readonly pool: pg.Pool;
  /** Batches that the present connection has stored. */
  private batches = 0;

  constructor(
    private readonly database: DatabaseService,
    private readonly disk: DiskSpace,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {
    metrics.watch(
      'convoledger_waiting_deliveries',
      'Deliveries that wait to be stored.',
      () => this.line.length,
    );
    metrics.watch('convoledger_waiting_bytes', 'Bytes of the deliveries that wait.', () => this.lineBytes);
    this.pool = new pg.Pool({
      connectionString: database.url,
      max: 1,
      connectionTimeoutMillis: CONNECT_TIMEOUT,
      statement_timeout: STATEMENT_TIMEOUT,
      query_timeout: STATEMENT_TIMEOUT + CONNECT_TIMEOUT,
      // A process that hangs inside a batch must not keep the lock from the others.
      idle_in_transaction_session_timeout: STATEMENT_TIMEOUT,
      application_name: 'convoledger writer',
      // Statements that need nothing of each other's answers travel together: two round trips for a batch, not four.
      pipeline: true,
      // Plans are made once, when the tables may still be empty, where a scan looks cheaper than an index.
      options: '-c enable_seqscan=off -c jit=off',
    });
    hearErrors(this.pool, logger);
    this.pool.on('connect', () => {
      this.batches = 0;
    });
  }

  /**
   * Resolves after the commit.
   * @throws 503 where the line is full, the database is away, or the outcome is not known in time. Nothing is promised
   * then, and sending again is always safe.
   */
  async store(delivery: Delivery): Promise<Outcome> {
    const bytes = delivery.body.length;
    if (!this.database.prepared) throw unavailable('The database is not ready yet.');
    if (this.disk.low) throw unavailable(this.disk.low);
    if (this.line.length >= LINE.deliveries || this.lineBytes + bytes > LINE.bytes) {
      throw unavailable('Too many deliveries are waiting to be stored.');
    }
    return new Promise<Outcome>((resolve, reject) => {
      const waiting: Waiting = {
        since: Date.now(),
        delivery,
        settle: (outcome) => {
          clearTimeout(timer);
          resolve(outcome);
        },
        fail: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        this.leaveLine(waiting);
        reject(unavailable('The delivery could not be stored in time.'));
      }, DEADLINE);
      this.line.push(waiting);
      this.lineBytes += bytes;
      this.onLine?.();
      void this.run();
    });
  }

  /** How the line stands at this moment, for readiness and metrics. */
  status(): WriterStatus {
    const now = Date.now();
    return {
      waiting: this.line.length,
      waitingBytes: this.lineBytes,
      oldestMs: this.line[0] ? now - this.line[0].since : 0,
      batchMs: this.batchSince === null ? 0 : now - this.batchSince,
      isFull: this.line.length >= LINE.deliveries * FULL || this.lineBytes >= LINE.bytes * FULL,
    };
  }

  /**
   * Proves that this process can store: takes the lock, writes, and commits, on the connection that the deliveries go
   * through. Anything less sees no writer that is stuck, and no database that only reads.
   * @throws when it cannot
   */
  prove(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.proofs.push({ resolve, reject });
      void this.run();
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      while (this.line.length > 0 || this.proofs.length > 0) await this.storeFrom(this.takeBatch(), true);
    } finally {
      this.running = false;
    }
  }

  private takeBatch(): Batch {
    let bytes = 0;
    let count = 0;
    while (count < this.line.length && count < BATCH.deliveries) {
      bytes += this.line[count]!.delivery.body.length;
      if (count > 0 && bytes > BATCH.bytes) break;
      count += 1;
    }
    const waiting = this.line.splice(0, count);
    for (const { delivery } of waiting) this.lineBytes -= delivery.body.length;
    return { waiting, proofs: this.proofs.splice(0) };
  }

  /** Puts back a batch of which nothing was sent but its beginning. */
  private putBack({ waiting, proofs }: Batch): void {
    this.line.unshift(...waiting);
    for (const { delivery } of waiting) this.lineBytes += delivery.body.length;
    this.proofs.unshift(...proofs);
  }

  private leaveLine(waiting: Waiting): void {
    const index = this.line.indexOf(waiting);
    if (index < 0) return;
    this.line.splice(index, 1);
    this.lineBytes -= waiting.delivery.body.length;
  }

  /**
   * Stores one batch, and where it may go on, those that follow it on the same connection. The next is begun behind
   * this one's commit, so that the database goes on while we answer, and read what arrives.
   */
  private async storeFrom(first: Batch, goesOn: boolean): Promise<void> {
    let batch = first;
    let next: Batch | undefined;
    let client: pg.PoolClient | undefined;
    try {
      client = await this.pool.connect();
      let transaction: BatchTransaction = beginBatch(client, deliveriesOf(batch));
      for (;;) {
        this.batchSince = Date.now();
        await transaction.known;
        const more = goesOn ? this.takeAsMuch(batch) : undefined;
        if (more) {
          transaction = widenBatch(client, transaction, deliveriesOf(more));
          batch = joinBatches(batch, more);
        }
        const { committed } = await storeBatch(client, transaction);
        next = goesOn ? await this.nextBatch(batch, committed) : undefined;
        if (next) transaction = beginBatch(client, deliveriesOf(next));
        const outcomes = await committed;
        this.settle(batch, outcomes);
        this.batches += 1;
        if (Number.isInteger(Math.log2(this.batches))) void forgetPlans(client);
        if (!next) break;
        batch = next;
        next = undefined;
      }
      client.release();
    } catch (error) {
      // After a failed statement or an unknown commit the connection's state is not worth finding out.
      client?.release(error instanceof Error ? error : new Error('unknown'));
      if (next) this.putBack(next);
      await this.giveUp(batch, error);
    } finally {
      this.batchSince = null;
    }
  }

  /**
   * What waits by the time a batch has its lock, if that is as much again: another process had the lock meanwhile. To let
   * it go along costs a round trip; two processes that store small batches in turns cost a third of what they store.
   */
  private takeAsMuch({ waiting }: Batch): Batch | undefined {
    return this.isAsMuch(waiting) && waiting.length <= BATCH.deliveries / 2 ? this.takeBatch() : undefined;
  }

  /** Whether the line is as long as a batch, and long enough for a round trip. */
  private isAsMuch(waiting: Waiting[]): boolean {
    return this.line.length >= Math.max(waiting.length, WORTH_A_ROUND_TRIP);
  }

  /** What waits once that is as much as the batch on its way, and at the latest when this is committed. */
  private async nextBatch({ waiting }: Batch, committed: Promise<unknown>): Promise<Batch | undefined> {
    const enough = new Promise<void>((resolve) => {
      this.onLine = () => {
        if (this.isAsMuch(waiting)) resolve();
      };
      this.onLine();
    });
    await Promise.race([enough, committed.catch(() => {})]);
    this.onLine = null;
    return this.line.length > 0 ? this.takeBatch() : undefined;
  }

  private settle({ waiting, proofs }: Batch, outcomes: Outcome[]): void {
    if (waiting.length > 0) this.metrics.countBatch(waiting.length);
    for (const { resolve } of proofs) resolve();
    // One by one: what the next batch needs has often arrived as well by now, and the database waits for that.
    waiting.forEach(({ settle }, index) => {
      void this.answers.next().then(() => settle(outcomes[index]!));
    });
  }

  private async giveUp({ waiting, proofs }: Batch, error: unknown): Promise<void> {
    for (const { reject } of proofs) reject(error);
    if (waiting.length === 0) return;
    if (!isDatabaseAway(error)) return await this.isolate(waiting, error);
    this.logger.error({ err: error, deliveries: waiting.length }, 'a batch could not be stored');
    for (const { fail } of waiting) fail(unavailable('The delivery could not be stored now.'));
  }

  /**
   * Finds by halving the delivery that nothing can be stored with, so that it fails alone. Its sender is told 503: that
   * it cannot be stored is our failure, and may pass. In case the sender does not come again, its bytes wait in quarantine.
   */
  private async isolate(waiting: Waiting[], error: unknown): Promise<void> {
    if (waiting.length > 1) {
      const middle = Math.ceil(waiting.length / 2);
      await this.storeFrom({ waiting: waiting.slice(0, middle), proofs: [] }, false);
      return await this.storeFrom({ waiting: waiting.slice(middle), proofs: [] }, false);
    }
    const { delivery, fail } = waiting[0]!;
    this.logger.error({ err: error, delivery: delivery.id }, 'a delivery could not be stored');
    await this.quarantine(asUnstorable(delivery, error));
    fail(unavailable('The delivery could not be stored.'));
  }

  private async quarantine(delivery: Delivery): Promise<void> {
    let client: pg.PoolClient | undefined;
    try {
      client = await this.pool.connect();
      const { committed } = await storeBatch(client, beginBatch(client, [delivery]));
      await committed;
      client.release();
    } catch (error) {
      client?.release(true);
      this.logger.error({ err: error, delivery: delivery.id }, 'nor could it be put into quarantine');
    }
  }
}

const joinBatches = (one: Batch, other: Batch): Batch => ({
  waiting: [...one.waiting, ...other.waiting],
  proofs: [...one.proofs, ...other.proofs],
});
const deliveriesOf = ({ waiting }: Batch): Delivery[] => waiting.map(({ delivery }) => delivery);

/** A delivery that the database would not take, as one to be kept in quarantine by its bytes alone. */
function asUnstorable(delivery: Delivery, error: unknown): Delivery {
  const code = error instanceof pg.DatabaseError ? ` (SQLSTATE ${error.code})` : '';
  const problems = [{ field: 'body', problem: `could be read, but not stored${code}; a replay tries again` }];
  const { reading } = delivery;
  const { conversationId, messageId } = reading.kind === 'message' ? reading.message : reading;
  return {
    ...delivery,
    isUnstorable: true,
    reading: { kind: 'refused', problems, conversationId, messageId },
  };
}

/**
 * Lets PostgreSQL plan anew after 1, 2, 4, 8 … batches. Plans that were made for nearly empty tables, those of foreign keys
 * above all, may walk all of an agent's rows in a longer index (18 can skip columns) where the primary key would find the
 * one: 47 µs per check at 2,500 messages, and rising with them, instead of 4. Failing to forget loses nothing.
 */
async function forgetPlans(client: pg.ClientBase): Promise<void> {
  await client.query('discard plans').catch(() => {});
}
