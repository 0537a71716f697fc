import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { PagingModule } from '../paging/paging.module.js';
import { QuarantineController } from './quarantine/quarantine.controller.js';
import { QuarantineService } from './quarantine/quarantine.service.js';
import { ReplayService } from './quarantine/replay.service.js';
import { WebhookController } from './webhook.controller.js';
import { WebhookService } from './webhook.service.js';
import { WriterService } from './writer.service.js';

/** Takes deliveries in. Shares nothing with the lane that answers questions but the database. */
@Module({
  imports: [AccessModule, AuditModule, PagingModule],
  controllers: [WebhookController, QuarantineController],
  providers: [WebhookService, WriterService, QuarantineService, ReplayService],
  exports: [WriterService],
})
export class WebhookModule {}
