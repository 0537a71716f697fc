import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import type { Logger } from 'pino';
import { CONNECT_TIMEOUT, DatabaseService, hearErrors } from '../database/database.service.js';
import type { Prisma } from '../database/generated/client.js';
import { LOGGER } from '../logging.js';

/** Rows that are in memory at once. */
const BATCH = 1_000;
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
    this.pool = new pg.Pool({
      connectionString: database.url,
      max: MOST,
      connectionTimeoutMillis: CONNECT_TIMEOUT,
      statement_timeout: STATEMENT_TIMEOUT,
      query_timeout: STATEMENT_TIMEOUT + CONNECT_TIMEOUT,
      idle_in_transaction_session_timeout: PATIENCE,
      application_name: 'convoledger downloads',
    });
    hearErrors(this.pool, logger);
  }

  /**
   * The rows of a query of one moment, in batches, as they are taken. Nothing is asked before the first is wanted, and
   * the connection is given back when all were taken or `return` is called. Values come as the driver reads them:
   * whole numbers of 64 bits and decimals as texts.
   * @throws what the database answers, also in the middle
   */
  async *read<Row extends pg.QueryResultRow>(query: Prisma.Sql): AsyncGenerator<Row[]> {
    const client = await this.pool.connect();
    // The pool listens only to idle connections: unheard, an error of this one would end the process.
    const ignore = () => {};
    client.on('error', ignore);
    let isDone = false;
    try {
      // Sums of many columns stay in memory with this much of it, and go through files with what is the default.
      await client.query(`begin read only; set local work_mem = '64MB'`);
      await client.query({ text: `declare answer no scroll cursor for ${query.text}`, values: query.values });
      for (;;) {
        const { rows } = await client.query<Row>(`fetch ${BATCH} from answer`);
        if (rows.length > 0) yield rows;
        if (rows.length < BATCH) break;
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
