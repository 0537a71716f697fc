import { Module } from '@nestjs/common';
import { PagingModule } from '../paging/paging.module.js';
import { AgentScope } from './agent-scope.js';
import { ConversationsController } from './history/conversations.controller.js';
import { ConversationsService } from './history/conversations.service.js';
import { DeliveriesController } from './history/deliveries.controller.js';
import { HistoryService } from './history/history.service.js';
import { MessagesController } from './history/messages.controller.js';
import { UsageController } from './usage/usage.controller.js';
import { UsageService } from './usage/usage.service.js';

/** Answers questions. Never writes, and shares nothing with the webhook lane but the database. */
@Module({
  imports: [PagingModule],
  controllers: [MessagesController, ConversationsController, DeliveriesController, UsageController],
  providers: [HistoryService, ConversationsService, UsageService, AgentScope],
})
export class QueryModule {}
