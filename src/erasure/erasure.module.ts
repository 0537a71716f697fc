import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { QueryModule } from '../query/query.module.js';
import { ErasureController } from './erasure.controller.js';
import { ErasureService } from './erasure.service.js';

/** Forgets on request. */
@Module({
  imports: [AuditModule, QueryModule],
  controllers: [ErasureController],
  providers: [ErasureService],
})
export class ErasureModule {}
