import { Controller, Get, Param, Query, Req, UsePipes } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Access, keyOf } from '../../access/access.js';
import { strict } from '../../errors/strict.pipe.js';
import { ConversationMessagesQuery } from './history.dto.js';
import { HistoryService } from './history.service.js';
import { presentMessage } from './message.presenter.js';

@UsePipes(strict())
@Controller('v1/conversations')
export class ConversationsController {
  constructor(private readonly history: HistoryService) {}

  @Get(':id/messages')
  @Access('read')
  async messages(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
    @Query() query: ConversationMessagesQuery,
  ): Promise<object> {
    const { rows, nextCursor } = await this.history.conversationMessages(keyOf(request), id, query);
    return { data: rows.map(presentMessage), next_cursor: nextCursor };
  }
}
