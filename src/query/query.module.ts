import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { PagingModule } from '../paging/paging.module.js';
import { AgentScope } from './agent-scope.js';
import { ChangesController } from './changes/changes.controller.js';
import { ChangesService } from './changes/changes.service.js';
import { FeedEnd } from './changes/feed-end.service.js';
import { EntriesController } from './entries/entries.controller.js';
import { EntriesService } from './entries/entries.service.js';
import { ExportController } from './export/export.controller.js';
import { ExportService } from './export/export.service.js';
import { ArrivalsService } from './history/arrivals.service.js';
import { ConversationsController } from './history/conversations.controller.js';
import { ConversationsService } from './history/conversations.service.js';
import { DeliveriesController } from './history/deliveries.controller.js';
import { HistoryService } from './history/history.service.js';
import { MessagesController } from './history/messages.controller.js';
import { SearchService } from './history/search.service.js';
import { WordFrequencies } from './history/word-frequencies.js';
import { RowStreams } from './row-streams.js';
import { UsageController } from './usage/usage.controller.js';
import { UsageService } from './usage/usage.service.js';

/** Answers questions. Never writes, and shares nothing with the webhook lane but the database. */
@Module({
  imports: [AuditModule, PagingModule],
  controllers: [
    MessagesController,
    ConversationsController,
    DeliveriesController,
    UsageController,
    EntriesController,
    ChangesController,
    ExportController,
  ],
  providers: [
    HistoryService,
    ArrivalsService,
    ChangesService,
    ExportService,
    FeedEnd,
    SearchService,
    WordFrequencies,
    ConversationsService,
    UsageService,
    EntriesService,
    AgentScope,
    RowStreams,
  ],
  exports: [UsageService, EntriesService, AgentScope],
})
export class QueryModule {}
