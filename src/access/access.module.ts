import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { PagingModule } from '../paging/paging.module.js';
import { KeyAdministrationService } from './key-administration.service.js';
import { KeysController } from './keys.controller.js';
import { KeysService } from './keys.service.js';
import { RefusalsController } from './refusals.controller.js';
import { RefusalsService } from './refusals.service.js';
import { SessionsService } from './sessions.service.js';

/** Who may do what: keys, the tokens that nobody knows, and their administration. */
@Module({
  imports: [AuditModule, PagingModule],
  controllers: [KeysController, RefusalsController],
  providers: [KeysService, KeyAdministrationService, RefusalsService, SessionsService],
  exports: [KeysService, RefusalsService, SessionsService],
})
export class AccessModule {}
