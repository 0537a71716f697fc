import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { PageController } from './page.controller.js';
import { PageFiles } from './page-files.js';
import { SessionController } from './session.controller.js';
import { SignInService } from './sign-in.service.js';
import { SignInLinks } from './sign-in-links.js';

/** Serves the page at `/` and its session. What the page shows, it asks of the same API as everybody. */
@Module({
  imports: [AccessModule, AuditModule],
  controllers: [PageController, SessionController],
  providers: [PageFiles, SignInService, SignInLinks],
})
export class ConsoleModule {}
