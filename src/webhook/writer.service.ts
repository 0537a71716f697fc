import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import type { Logger } from 'pino';
import { CONNECT_TIMEOUT, createPool } from '../database/connect.js';
import { DatabaseService } from '../database/database.service.js';
import { DiskSpace } from '../database/disk-space.js';
import { recover } from '../database/together.js';
import { isDatabaseAway, reasonOfAbsence } from '../errors/database-away.js';
import { unavailable } from '../errors/problem.js';
import { LOGGER } from '../logging.js';
import { Metrics } from '../metrics/metrics.js';
import { type Deliveries, type Outcomes, type SentBatch, sendBatch } from './batch-transaction.js';
import type { Delivery, Outcome } from './delivery.js';
import { divide, nameOf } from './divide.js';
import { Turns } from './turns.js';
import { type Waiting, WaitingLine } from './waiting-line.js';

/** Milliseconds after which a sender is told 503: it wants an answer within 3 s, of which finding its key may take one. */
const DEADLINE = 1_900;
/** Milliseconds for one statement of a batch, the wait for the lock included. */
const STATEMENT_TIMEOUT = 5_000;
/**
 * Milliseconds after which a batch is ended of which the rest never comes, since its process froze or its host vanished while
 * it was sent: it may have the lock, and no other time-out runs while half of a message is there. PostgreSQL 17 and newer can.
 */
const TRANSACTION_TIMEOUT = 2 * STATEMENT_TIMEOUT;
/** A batch costs half a millisecond and each of its deliveries 0.15: fewer do better to wait for the one on its way. */
const WORTH_A_BATCH = 8;

export interface WriterStatus {
  waiting: number;
  waitingBytes: number;
  /** Milliseconds that the first of the line has waited; 0 where nobody waits. */
  oldestMs: number;
  /** Milliseconds that the batch in hand has taken so far; 0 where there is none. */
  batchMs: number;
  isFull: boolean;
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
  private readonly line = new WaitingLine();
  private proofs: Batch['proofs'] = [];
  private running = false;
  private onTheirWay = 0;
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
    metrics.watch('convoledger_waiting_bytes', 'Bytes of the deliveries that wait.', () => this.line.bytes);
    this.pool = createPool(
      database.url,
      {
        name: 'writer',
        max: 1,
        statementTimeoutMs: STATEMENT_TIMEOUT,
        queryTimeoutMs: STATEMENT_TIMEOUT + CONNECT_TIMEOUT,
        // A process that hangs inside a batch must not keep the lock from the others.
        idleInTransactionTimeoutMs: STATEMENT_TIMEOUT,
        transactionTimeoutMs: TRANSACTION_TIMEOUT,
        // A batch is sent before the one ahead of it is committed.
        pipeline: true,
        plansForIndexes: true,
      },
      logger,
    );
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
    if (!this.database.prepared) throw unavailable('The database is not ready yet.');
    if (this.disk.low) throw unavailable(this.disk.low);
    if (!this.line.hasRoomFor(delivery)) throw unavailable('Too many deliveries are waiting to be stored.');
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
        this.line.leave(waiting);
        reject(unavailable('The delivery could not be stored in time.'));
      }, DEADLINE);
      this.line.add(waiting);
      void this.run();
    });
  }

  /** How the line stands at this moment, for readiness and metrics. */
  status(): WriterStatus {
    return {
      waiting: this.line.length,
      waitingBytes: this.line.bytes,
      oldestMs: this.line.oldestMs,
      batchMs: this.batchSince === null ? 0 : Date.now() - this.batchSince,
      isFull: this.line.isFull,
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
      while (this.isAsked()) await this.storeInTurn();
    } finally {
      this.running = false;
    }
  }

  private isAsked(): boolean {
    return this.line.length > 0 || this.proofs.length > 0;
  }

  /**
   * Stores what waits, batch after batch on one connection, until nothing waits or something has failed. The next batch is
   * sent behind the commit of the one before, so that the database goes on while we answer, and read what arrives.
   */
  private async storeInTurn(): Promise<void> {
    const failed: { batch: Batch; error: unknown }[] = [];
    const first = this.takeBatch();
    let client: pg.PoolClient;
    try {
      client = await this.pool.connect();
    } catch (error) {
      return await this.giveUp(first, error);
    }
    let before: Promise<unknown> | undefined;
    for (let batch = first; ; batch = this.takeBatch()) {
      const sending = sendBatch(client, divide(batch.waiting));
      const done = this.seeThrough(client, batch, sending).catch((error) => failed.push({ batch, error }));
      await sending.catch(() => done);
      await before;
      before = done;
      const enough = Math.max(batch.waiting.length, WORTH_A_BATCH);
      await Promise.race([this.line.hasGrownTo(enough), done]);
      // No body overtakes another of its message, which may yet be put back.
      const names = new Set(batch.waiting.map(({ delivery }) => nameOf(delivery)));
      if (this.line.hasNext(({ delivery }) => names.has(nameOf(delivery)))) await done;
      if (failed.length > 0 || !this.isAsked()) break;
    }
    await before;
    // After a failed statement or an unknown commit the connection's state is not worth finding out.
    client.release(failed.length > 0);
    const [cause, ...behind] = failed;
    if (cause) await this.giveUp(cause.batch, cause.error);
    for (const { batch, error } of behind) {
      // It named statements that were to be prepared by the batch that failed, so that nothing of it is stored. Of a batch
      // that was lost with its connection nobody knows that.
      if (cause && !isDatabaseAway(cause.error) && isUnprepared(error)) await this.storeApart(batch);
      else await this.giveUp(batch, error);
    }
  }

  /** Sees a batch through its commit, and tells the senders. */
  private async seeThrough(client: pg.PoolClient, batch: Batch, sending: Promise<SentBatch>): Promise<void> {
    this.onTheirWay += 1;
    this.batchSince ??= Date.now();
    try {
      const { committed } = await sending;
      this.settle(batch, await committed);
      this.batches += 1;
      if (Number.isInteger(Math.log2(this.batches))) void forgetPlans(client);
    } finally {
      this.onTheirWay -= 1;
      this.batchSince = this.onTheirWay > 0 ? Date.now() : null;
    }
  }

  private takeBatch(): Batch {
    return { waiting: this.line.takeBatch(), proofs: this.proofs.splice(0) };
  }

  private settle({ waiting, proofs }: Batch, outcomes: Outcomes): void {
    for (const { resolve } of proofs) resolve();
    const settled = waiting.filter(({ delivery }) => outcomes.has(delivery));
    this.line.putBack(waiting.filter(({ delivery }) => !outcomes.has(delivery)));
    if (settled.length > 0) this.metrics.countBatch(settled.length);
    // One by one: what the next batch needs has often arrived as well by now, and the database waits for that.
    for (const { settle, delivery } of settled) {
      void this.answers.next().then(() => settle(outcomes.get(delivery)!));
    }
  }

  private async giveUp({ waiting, proofs }: Batch, error: unknown): Promise<void> {
    if (waiting.length > 0 && !isDatabaseAway(error)) {
      // What a delivery cannot be stored for is no proof that others cannot.
      await this.storeApart({ waiting: [], proofs });
      return await this.isolate(waiting, error);
    }
    for (const { reject } of proofs) reject(error);
    if (waiting.length === 0) return;
    const reason = reasonOfAbsence(error);
    this.logger.warn({ reason, deliveries: waiting.length }, 'a batch could not be stored now');
    for (const { fail } of waiting) fail(unavailable('The delivery could not be stored now.'));
  }

  /**
   * Finds by halving the delivery that nothing can be stored with, so that it fails alone. Its sender is told 503: that
   * it cannot be stored is our failure, and may pass. In case the sender does not come again, its bytes wait in quarantine.
   */
  private async isolate(waiting: Waiting[], error: unknown): Promise<void> {
    const [{ delivery, isKnown, fail }] = waiting as [Waiting];
    if (waiting.length > 1 || !isKnown) {
      for (const one of waiting) one.isKnown = true;
      const middle = Math.ceil(waiting.length / 2);
      await this.storeApart({ waiting: waiting.slice(0, middle), proofs: [] });
      await this.storeApart({ waiting: waiting.slice(middle), proofs: [] });
      return;
    }
    this.logger.error({ err: error, delivery: delivery.id }, 'a delivery could not be stored');
    await this.quarantine(asUnstorable(delivery, error));
    fail(unavailable('The delivery could not be stored.'));
  }

  private async storeApart(batch: Batch): Promise<void> {
    if (batch.waiting.length === 0 && batch.proofs.length === 0) return;
    try {
      this.settle(batch, await this.storeAlone(divide(batch.waiting)));
    } catch (error) {
      await this.giveUp(batch, error);
    }
  }

  private async quarantine(delivery: Delivery): Promise<void> {
    try {
      await this.storeAlone({ firsts: [], others: [delivery] });
    } catch (error) {
      this.logger.error({ err: error, delivery: delivery.id }, 'nor could it be put into quarantine');
    }
  }

  private async storeAlone(deliveries: Deliveries): Promise<Outcomes> {
    const client = await this.pool.connect();
    try {
      const { committed } = await sendBatch(client, deliveries);
      const outcomes = await committed;
      client.release();
      return outcomes;
    } catch (error) {
      // A new connection takes up to 90 ms until its first batch is stored, and halving 60 deliveries fails some 15 times.
      const isUsable = !isDatabaseAway(error) && (await recover(client));
      client.release(!isUsable);
      throw error;
    }
  }
}

/** Whether a statement was named that the connection has never prepared. */
const isUnprepared = (error: unknown): boolean => error instanceof pg.DatabaseError && error.code === '26000';

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
