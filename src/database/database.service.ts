import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { Logger } from 'pino';
import { PrismaClient } from './generated/client.js';

/** Milliseconds a read may take before PostgreSQL ends it and the asker gets 503. */
const READ_TIMEOUT = 10_000;
/** The same for a question that must be answered before a delivery is read at all. */
const LOOKUP_TIMEOUT = 1_500;
/** A sender wants its answer within 3 s, so no wait for a connection may come near that. */
export const CONNECT_TIMEOUT = 2_000;

/**
 * Hears of connections that break. Idle ones are replaced by the next query. One that is lent out and at rest between
 * two statements tells nobody but itself: whoever has it learns of it from his next statement. Unheard, either error
 * would end the process.
 */
export function hearErrors(pool: pg.Pool, logger: Logger): void {
  pool.on('error', (error) => logger.warn({ err: error }, 'an idle database connection broke'));
  pool.on('connect', (client) => client.on('error', () => {}));
}

/**
 * The one way to the database: a pool of connections, and Prisma on top of the same pool. Nothing connects before
 * the first query.
 */
@Injectable()
export class DatabaseService implements OnApplicationShutdown {
  readonly pool: pg.Pool;
  /**
   * For the questions that every request waits for, such as whose token it brings. They take milliseconds, so that a
   * connection that swallows them is given up before the sender is, and no slow report keeps them waiting.
   */
  readonly lookups: pg.Pool;
  readonly prisma: PrismaClient;
  /** False until the schema is current and the first keys are there; every route but health answers 503 till then. */
  prepared = false;

  constructor(
    readonly url: string,
    logger: Logger,
  ) {
    this.pool = new pg.Pool({
      connectionString: url,
      // Two for the hot path of keys, the rest for readers; PostgreSQL's own default allows 100 in all.
      max: 16,
      connectionTimeoutMillis: CONNECT_TIMEOUT,
      statement_timeout: READ_TIMEOUT,
      query_timeout: READ_TIMEOUT + CONNECT_TIMEOUT,
      application_name: 'convoledger',
    });
    this.lookups = new pg.Pool({
      connectionString: url,
      max: 2,
      connectionTimeoutMillis: CONNECT_TIMEOUT,
      statement_timeout: LOOKUP_TIMEOUT,
      query_timeout: LOOKUP_TIMEOUT,
      application_name: 'convoledger lookups',
    });
    hearErrors(this.pool, logger);
    hearErrors(this.lookups, logger);
    this.prisma = new PrismaClient({ adapter: new PrismaPg(this.pool), errorFormat: 'minimal' });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.prisma.$disconnect();
    await this.lookups.end();
    if (!this.pool.ended) await this.pool.end();
  }
}
