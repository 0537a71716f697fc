import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';

/** What keeps the instance running, and tells how it does. */
@Module({ controllers: [HealthController], providers: [HealthService] })
export class OperationModule {}
