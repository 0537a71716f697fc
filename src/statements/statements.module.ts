import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { PagingModule } from '../paging/paging.module.js';
import { QueryModule } from '../query/query.module.js';
import { StatementsController } from './statements.controller.js';
import { StatementsService } from './statements.service.js';

/** Closed months: asks the query lane for their figures, and keeps what it answered. */
@Module({
  imports: [AuditModule, PagingModule, QueryModule],
  controllers: [StatementsController],
  providers: [StatementsService],
})
export class StatementsModule {}
