import { Controller, Get, Param, Query, Req, UsePipes } from '@nestjs/common';
import { ApiConflictResponse, ApiGoneResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Access, keyOf } from '../../access/access.js';
import { strict } from '../../errors/strict.pipe.js';
import { idOf } from '../path-id.js';
import { presentDelivery } from './delivery.presenter.js';
import { DeliveriesOfMessage, Message, Messages } from './history.answers.js';
import { AgentQuery, PageQuery } from './history.dto.js';
import { HistoryService } from './history.service.js';
import { MessagesQuery } from './lists.dto.js';
import { presentMessage } from './message.presenter.js';

@UsePipes(strict())
@Controller('v1/messages')
export class MessagesController {
  constructor(private readonly history: HistoryService) {}

  @Get()
  @ApiOperation({ summary: 'Messages, newest first unless asked otherwise' })
  @ApiOkResponse({ type: Messages })
  @ApiConflictResponse({
    description: 'Several agents have a conversation of the id that was asked for, and none was named.',
  })
  @Access('read')
  async list(@Req() request: FastifyRequest, @Query() query: MessagesQuery): Promise<object> {
    const { rows, nextCursor } = await this.history.messages(keyOf(request), query);
    return { data: rows.map(presentMessage), next_cursor: nextCursor };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One message as it is now' })
  @ApiOkResponse({ type: Message })
  @ApiConflictResponse({ description: 'Several agents have a message of this id, and none was named.' })
  @ApiGoneResponse({ description: 'The message was erased.' })
  @Access('read')
  async one(
    @Req() request: FastifyRequest,
    @Param('id', idOf('message')) id: string,
    @Query() { agent }: AgentQuery,
  ): Promise<object> {
    return presentMessage(await this.history.message(keyOf(request), id, agent));
  }

  @Get(':id/deliveries')
  @ApiOperation({ summary: 'Every body that arrived for a message, oldest first' })
  @ApiOkResponse({ type: DeliveriesOfMessage })
  @ApiConflictResponse({ description: 'Several agents have a message of this id, and none was named.' })
  @ApiGoneResponse({ description: 'The message was erased.' })
  @Access('read')
  async deliveries(
    @Req() request: FastifyRequest,
    @Param('id', idOf('message')) id: string,
    @Query() query: PageQuery,
  ): Promise<object> {
    const { rows, nextCursor } = await this.history.deliveries(keyOf(request), id, query);
    return { data: rows.map(presentDelivery), next_cursor: nextCursor };
  }
}
