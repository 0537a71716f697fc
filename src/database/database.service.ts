import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import type { Logger } from 'pino';
import { CONNECT_TIMEOUT, createPool } from './connect.js';
import { PrismaClient } from './generated/client.js';

/** Milliseconds a read may take before PostgreSQL ends it and the asker gets 503. */
const READ_TIMEOUT = 10_000;
/** The same for a question that must be answered before a delivery is read at all. */
const LOOKUP_TIMEOUT = 1_500;

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
    // Two for the hot path of keys, the rest for readers; PostgreSQL's own default allows 100 in all.
    this.pool = createPool(
      url,
      {
        name: '',
        max: 16,
        statementTimeoutMs: READ_TIMEOUT,
        queryTimeoutMs: READ_TIMEOUT + CONNECT_TIMEOUT,
      },
      logger,
    );
    this.lookups = createPool(
      url,
      { name: 'lookups', max: 2, statementTimeoutMs: LOOKUP_TIMEOUT, queryTimeoutMs: LOOKUP_TIMEOUT },
      logger,
    );
    this.prisma = new PrismaClient({ adapter: new PrismaPg(this.pool), errorFormat: 'minimal' });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.prisma.$disconnect();
    await this.lookups.end();
    if (!this.pool.ended) await this.pool.end();
  }
}
