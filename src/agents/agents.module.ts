import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { PagingModule } from '../paging/paging.module.js';
import { AgentsController } from './agents.controller.js';
import { AgentsService } from './agents.service.js';
import { PricesService } from './prices.service.js';

/** Who sends, and what their credits cost. */
@Module({
  imports: [AuditModule, PagingModule],
  controllers: [AgentsController],
  providers: [AgentsService, PricesService],
})
export class AgentsModule {}
