import { Module } from '@nestjs/common';
import { PartitionsService } from '../database/partitions.service.js';
import { WebhookModule } from '../webhook/webhook.module.js';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsService } from './metrics.service.js';

/** What keeps the instance running, and tells how it does. */
@Module({
  imports: [WebhookModule],
  controllers: [HealthController, MetricsController],
  providers: [HealthService, MetricsService, PartitionsService],
})
export class OperationModule {}
