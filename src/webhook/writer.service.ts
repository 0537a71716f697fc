import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import type { Logger } from 'pino';
import { CONNECT_TIMEOUT, DatabaseService } from '../database/database.service.js';
import { unavailable } from '../errors/problem.js';
import { LOGGER } from '../logging.js';
import { Metrics } from '../metrics/metrics.js';
import { beginAlone, readKnown, storeRows } from './batch.sql.js';
import type { Delivery, Outcome } from './delivery.js';
import { planBatch } from './plan-batch.js';

/** Milliseconds after which a sender is told 503: it wants an answer within 3 s. */
const DEADLINE = 2_500;
/** Milliseconds for one statement of a batch, the wait for the lock included. */
const STATEMENT_TIMEOUT = 5_000;
/** The waiting line: what does not fit is told 503 at once. A batch is what of it fits one statement well. */
const LINE = { deliveries: 4_000, bytes: 128 * 1024 * 1024 };
const BATCH = { deliveries: 250, bytes: 16 * 1024 * 1024 };

interface Waiting {
  delivery: Delivery;
  settle: (outcome: Outcome) => void;
  fail: (error: unknown) => void;
}

/**
 * Stores deliveries: those that wait at the same moment go into one transaction, and one batch commits at a time.
 * Load makes a delivery cheaper, and a lone one waits for nobody.
 */
@Injectable()
export class WriterService implements OnApplicationShutdown {
  private line: Waiting[] = [];
  private lineBytes = 0;
  private running = false;
  private readonly pool: pg.Pool;
  /** Batches that the present connection has stored. */
  private batches = 0;

  constructor(
    private readonly database: DatabaseService,
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
      // Plans are made once, when the tables may still be empty, where a scan looks cheaper than an index.
      options: '-c enable_seqscan=off -c jit=off',
    });
    this.pool.on('connect', () => {
      this.batches = 0;
    });
    this.pool.on('error', (error) => logger.warn({ err: error }, 'the idle writer connection broke'));
  }

  /**
   * Resolves after the commit.
   * @throws 503 where the line is full, the database is away, or the outcome is not known in time. Nothing is promised
   * then, and sending again is always safe.
   */
  async store(delivery: Delivery): Promise<Outcome> {
    const bytes = delivery.body.length;
    if (!this.database.prepared) throw unavailable('The database is not ready yet.');
    if (this.line.length >= LINE.deliveries || this.lineBytes + bytes > LINE.bytes) {
      throw unavailable('Too many deliveries are waiting to be stored.');
    }
    return new Promise<Outcome>((resolve, reject) => {
      const waiting: Waiting = {
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
      while (this.line.length > 0) await this.storeBatch(this.takeBatch());
    } finally {
      this.running = false;
    }
  }

  private takeBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    while (count < this.line.length && count < BATCH.deliveries) {
      bytes += this.line[count]!.delivery.body.length;
      if (count > 0 && bytes > BATCH.bytes) break;
      count += 1;
    }
    const batch = this.line.splice(0, count);
    for (const { delivery } of batch) this.lineBytes -= delivery.body.length;
    return batch;
  }

  private leaveLine(waiting: Waiting): void {
    const index = this.line.indexOf(waiting);
    if (index < 0) return;
    this.line.splice(index, 1);
    this.lineBytes -= waiting.delivery.body.length;
  }

  private async storeBatch(batch: Waiting[]): Promise<void> {
    try {
      const outcomes = await this.transact(batch.map(({ delivery }) => delivery));
      this.metrics.countBatch(batch.length);
      batch.forEach(({ settle }, index) => {
        settle(outcomes[index]!);
      });
    } catch (error) {
      if (batch.length > 1 && isDataError(error)) {
        // One of them cannot be stored. Alone, each fails or succeeds by itself.
        for (const waiting of batch) await this.storeBatch([waiting]);
        return;
      }
      this.logger.error({ err: error, deliveries: batch.length }, 'a batch could not be stored');
      for (const { fail } of batch) fail(unavailable('The delivery could not be stored now.'));
    }
  }

  private async transact(deliveries: Delivery[]): Promise<Outcome[]> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await beginAlone(client);
      const known = await readKnown(client, deliveries);
      const { outcomes, rows } = planBatch(deliveries, known);
      await storeRows(client, rows, known.recordedAt);
      await client.query('commit');
      this.batches += 1;
      if (Number.isInteger(Math.log2(this.batches))) await forgetPlans(client);
      return outcomes;
    } catch (error) {
      // After a failed statement or an unknown commit the connection's state is not worth finding out.
      broken = error instanceof Error ? error : new Error('unknown');
      throw error;
    } finally {
      client.release(broken);
    }
  }
}

/**
 * Lets PostgreSQL plan anew after 1, 2, 4, 8 … batches. Plans that were made for nearly empty tables, those of foreign keys
 * above all, may walk all of an agent's rows in a longer index (18 can skip columns) where the primary key would find the
 * one: 47 µs per check at 2,500 messages, and rising with them, instead of 4. Failing to forget loses nothing.
 */
async function forgetPlans(client: pg.ClientBase): Promise<void> {
  await client.query('discard plans').catch(() => {});
}

/** SQLSTATE classes of what a single row can be to blame for: its data, a constraint, a limit of the server. */
function isDataError(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /^(22|23|54)/.test(error.code ?? '');
}
