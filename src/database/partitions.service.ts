import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Logger } from 'pino';
import { LOGGER } from '../logging.js';
import { DatabaseService } from './database.service.js';
import { ensurePartitionsAhead } from './partitions.js';

/** Milliseconds. Hourly rather than daily: it costs a look in the catalogue, and a failed attempt is soon repeated. */
const EVERY = 60 * 60 * 1000;

/** Makes the months of deliveries ahead in a process that nobody restarts. */
@Injectable()
export class PartitionsService implements OnModuleInit, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: DatabaseService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.makeAhead(), EVERY).unref();
  }

  async makeAhead(): Promise<void> {
    if (!this.database.prepared) return;
    await ensurePartitionsAhead(this.database.pool).catch((error: unknown) => {
      this.logger.error({ err: error }, 'the next months of deliveries could not be made');
    });
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }
}
