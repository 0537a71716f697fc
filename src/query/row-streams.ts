import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type pg from 'pg';
import type { Logger } from 'pino';
import { CONNECT_TIMEOUT, createPool } from '../database/connect.js';
import { DatabaseService } from '../database/database.service.js';
import type { Prisma } from '../database/generated/client.js';
import { LOGGER } from '../logging.js';

/** Rows that are in memory at once. Of 1,000 most outlive the young generation: the garbage collector took a tenth more. */
const BATCH = 250;
/** Bytes that a batch should have where rows may be of any size, and the batch that shows how large they are. */
const BATCH_BYTES = 2 * 1024 * 1024;
const FIRST_BATCH = 20;
/** Milliseconds for one batch to be ready: for the first one, PostgreSQL may have to sum up everything. */
const STATEMENT_TIMEOUT = 60_000;
/** Milliseconds in which whoever downloads must take the next batch. */
const PATIENCE = 60_000;
/** Downloads at one time. Their connections are their own, so that slow ones do not keep others from asking. */
const MOST = 4;

/** Reads the rows of answers that may be of any size. */
@Injectable()
export class RowStreams implements OnApplicationShutdown {
  private readonly pool: pg.Pool;

  constructor(database: DatabaseService, @Inject(LOGGER) logger: Logger) {
    this.pool = createPool(
      database.url,
      {
        name: 'downloads',
        max: MOST,
        statementTimeoutMs: STATEMENT_TIMEOUT,
        queryTimeoutMs: STATEMENT_TIMEOUT + CONNECT_TIMEOUT,
        idleInTransactionTimeoutMs: PATIENCE,
      },
      logger,
    );
  }

  /**
   * The rows of a query of one moment, in batches, as they are taken. Nothing is asked before the first is wanted, and
   * the connection is given back when all were taken or `return` is called. Values come as the driver reads them:
   * whole numbers of 64 bits and decimals as texts.
   * @param sizeOf bytes of a row, where rows may be so large that a fixed number of them is too much
   * @throws what the database answers, also in the middle
   */
  async *read<Row extends pg.QueryResultRow>(
    query: Prisma.Sql,
    sizeOf?: (row: Row) => number,
  ): AsyncGenerator<Row[]> {
    const client = await this.pool.connect();
    // The pool listens only to idle connections: unheard, an error of this one would end the process.
    const ignore = () => {};
    client.on('error', ignore);
    let isDone = false;
    try {
      // Sums of many columns stay in memory with this much of it, and go through files with what is the default.
      await client.query(`begin read only; set local work_mem = '64MB'`);
      await client.query({ text: `declare answer no scroll cursor for ${query.text}`, values: query.values });
      let batch = sizeOf ? FIRST_BATCH : BATCH;
      let next = client.query<Row>(`fetch ${batch} from answer`);
      for (;;) {
        const { rows } = await next;
        const isLast = rows.length < batch;
        if (!isLast) {
          if (sizeOf) batch = batchOf(rows, sizeOf);
          // PostgreSQL makes the next batch while this one is on its way.
          next = client.query<Row>(`fetch ${batch} from answer`);
          next.catch(ignore);
        }
        if (rows.length > 0) yield rows;
        if (isLast) break;
      }
      await client.query('commit');
      isDone = true;
    } finally {
      client.off('error', ignore);
      // One that was left in the middle is not worth bringing into order.
      client.release(!isDone);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}

function batchOf<Row>(rows: Row[], sizeOf: (row: Row) => number): number {
  const bytes = rows.reduce((sum, row) => sum + sizeOf(row), 1);
  // Small rows may be followed by large ones, so a batch grows no faster than this.
  return Math.max(1, Math.min(BATCH, 4 * rows.length, Math.floor((BATCH_BYTES * rows.length) / bytes)));
}
