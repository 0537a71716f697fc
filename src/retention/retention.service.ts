import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type pg from 'pg';
import type { Logger } from 'pino';
import { Config } from '../config.js';
import { connect } from '../database/connect.js';
import { DatabaseService } from '../database/database.service.js';
import { LOGGER } from '../logging.js';
import { retain } from './retain.js';
import { readState } from './retention.sql.js';

const HOUR = 60 * 60 * 1000;
/** Somewhat less than a day, so that the hour of the run does not creep through the day. */
const ONCE_IN = 23.5 * HOUR;

/** Has what is too old go once a day. Every process looks each hour whether it is time; one of them does it. */
@Injectable()
export class RetentionService implements OnModuleInit, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private client: pg.Client | undefined;
  private running = false;
  private stopping = false;

  constructor(
    private readonly config: Config,
    private readonly database: DatabaseService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    const { retainRawDays, retainContentDays } = this.config;
    if (retainRawDays === null && retainContentDays === null) return;
    this.timer = setInterval(() => void this.runIfDue(), HOUR).unref();
  }

  /** Does today's run unless it was done, by whichever process. Never throws: the next hour tries again. */
  async runIfDue(now = new Date()): Promise<void> {
    if (!this.database.prepared || this.running) return;
    this.running = true;
    try {
      const client = await connect(this.database.url, { name: 'retention' });
      this.client = client;
      if (this.stopping) return;
      const { ranAt } = await readState(client);
      if (ranAt !== null && now.getTime() - ranAt.getTime() < ONCE_IN) return;
      const { retainRawDays: raw, retainContentDays: content } = this.config;
      const gone = await retain(client, { raw, content }, now, false);
      if (gone) this.logger.info({ gone }, 'what is older than the retention was dropped');
    } catch (error) {
      this.logger.error({ err: error }, 'retention failed; it is tried again in an hour');
    } finally {
      await this.client?.end().catch(() => {});
      this.client = undefined;
      this.running = false;
    }
  }

  /** A run that is under way stops where it is, and goes on from there another time. */
  async onApplicationShutdown(): Promise<void> {
    this.stopping = true;
    clearInterval(this.timer);
    await this.client?.end().catch(() => {});
  }
}
