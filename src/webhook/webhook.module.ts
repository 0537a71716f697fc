import { Module } from '@nestjs/common';
import { WebhookController } from './webhook.controller.js';
import { WebhookService } from './webhook.service.js';
import { WriterService } from './writer.service.js';

/** Takes deliveries in. Shares nothing with the lane that answers questions but the database. */
@Module({
  controllers: [WebhookController],
  providers: [WebhookService, WriterService],
})
export class WebhookModule {}
