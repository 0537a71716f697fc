import { join } from 'node:path';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { Logger } from 'pino';
import { AccessModule } from './access/access.module.js';
import { AgentsModule } from './agents/agents.module.js';
import { Config } from './config.js';
import { ConsoleModule } from './console/console.module.js';
import { DatabaseService } from './database/database.service.js';
import { DiskSpace } from './database/disk-space.js';
import { ErasureModule } from './erasure/erasure.module.js';
import { ErrorFilter } from './errors/error.filter.js';
import { LOGGER } from './logging.js';
import { Metrics } from './metrics/metrics.js';
import { OpenApiModule } from './openapi/openapi.module.js';
import { OperationModule } from './operation/operation.module.js';
import { QueryModule } from './query/query.module.js';
import { RecordedBy } from './recorded-by/recorded-by.service.js';
import { RetentionModule } from './retention/retention.module.js';
import { StatementsModule } from './statements/statements.module.js';
import { WebhookModule } from './webhook/webhook.module.js';

@Global()
@Module({
  imports: [
    AccessModule,
    AgentsModule,
    WebhookModule,
    QueryModule,
    StatementsModule,
    ErasureModule,
    RetentionModule,
    OperationModule,
    OpenApiModule,
    ConsoleModule,
  ],
})
export class AppModule {
  /** Everything the modules share: what the environment says, the log, and the database. */
  static with(config: Config, databaseUrl: string, logger: Logger, metrics: Metrics): DynamicModule {
    return {
      module: AppModule,
      providers: [
        { provide: Config, useValue: config },
        { provide: LOGGER, useValue: logger },
        { provide: DatabaseService, useFactory: () => new DatabaseService(databaseUrl, logger) },
        { provide: Metrics, useValue: metrics },
        RecordedBy,
        {
          provide: DiskSpace,
          useFactory: () =>
            new DiskSpace(config.databaseUrl === null ? join(config.dataDir, 'postgres') : null),
        },
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
      exports: [Config, LOGGER, DatabaseService, DiskSpace, Metrics, RecordedBy],
    };
  }
}
