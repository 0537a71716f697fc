import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsService } from './metrics.service.js';

/** What keeps the instance running, and tells how it does. */
@Module({ controllers: [HealthController, MetricsController], providers: [HealthService, MetricsService] })
export class OperationModule {}
