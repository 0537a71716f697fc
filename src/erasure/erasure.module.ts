import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AgentScope } from '../query/agent-scope.js';
import { ErasureController } from './erasure.controller.js';
import { ErasureService } from './erasure.service.js';

/** Forgets on request. */
@Module({
  imports: [AuditModule],
  controllers: [ErasureController],
  providers: [ErasureService, AgentScope],
})
export class ErasureModule {}
