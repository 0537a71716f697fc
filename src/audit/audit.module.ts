import { Module } from '@nestjs/common';
import { PagingModule } from '../paging/paging.module.js';
import { AuditController } from './audit.controller.js';
import { AuditService } from './audit.service.js';
import { AuditTrailService } from './audit-trail.service.js';

/** Who did what. Each feature records its own actions; here they are kept and shown. */
@Module({
  imports: [PagingModule],
  controllers: [AuditController],
  providers: [AuditService, AuditTrailService],
  exports: [AuditService],
})
export class AuditModule {}
