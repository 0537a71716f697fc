import type { Readable } from 'node:stream';
import { Controller, Get, Param, Query, Req, Res, UsePipes } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiExtraModels,
  ApiGoneResponse,
  ApiOkResponse,
  ApiOperation,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, keyOf } from '../../access/access.js';
import { AuditService } from '../../audit/audit.service.js';
import { strict } from '../../errors/strict.pipe.js';
import { begun } from '../begun.js';
import { refuseCsvParameters } from '../csv.js';
import { attachment, nameOfId } from '../file-name.js';
import { idOf } from '../path-id.js';
import { presentConversation } from './conversation.presenter.js';
import { ConversationsService } from './conversations.service.js';
import { Conversation, Conversations, Messages, Transcript } from './history.answers.js';
import { AgentQuery, ConversationMessagesQuery, TranscriptQuery } from './history.dto.js';
import { HistoryService } from './history.service.js';
import { ConversationsQuery } from './lists.dto.js';
import { presentMessage } from './message.presenter.js';
import { TRANSCRIPTS } from './transcript.presenter.js';

@UsePipes(strict())
@Controller('v1/conversations')
export class ConversationsController {
  constructor(
    private readonly conversations: ConversationsService,
    private readonly history: HistoryService,
    private readonly audit: AuditService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Conversations, by their last message or by what they cost' })
  @ApiOkResponse({ type: Conversations })
  @Access('read')
  async list(@Req() request: FastifyRequest, @Query() query: ConversationsQuery): Promise<object> {
    const { rows, nextCursor } = await this.conversations.list(keyOf(request), query);
    return { data: rows.map(presentConversation), next_cursor: nextCursor };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One conversation' })
  @ApiOkResponse({ type: Conversation })
  @ApiConflictResponse({ description: 'Several agents have a conversation of this id, and none was named.' })
  @ApiGoneResponse({ description: 'The conversation was erased.' })
  @Access('read')
  async one(
    @Req() request: FastifyRequest,
    @Param('id', idOf('conversation')) id: string,
    @Query() { agent }: AgentQuery,
  ): Promise<object> {
    return presentConversation(await this.conversations.one(keyOf(request), id, agent));
  }

  @Get(':id/messages')
  @ApiOperation({ summary: 'The messages of a conversation, oldest first unless asked otherwise' })
  @ApiOkResponse({ type: Messages })
  @ApiConflictResponse({ description: 'Several agents have a conversation of this id, and none was named.' })
  @ApiGoneResponse({ description: 'The conversation was erased.' })
  @Access('read')
  async messages(
    @Req() request: FastifyRequest,
    @Param('id', idOf('conversation')) id: string,
    @Query() query: ConversationMessagesQuery,
  ): Promise<object> {
    const { rows, nextCursor } = await this.history.conversationMessages(keyOf(request), id, query);
    return { data: rows.map(presentMessage), next_cursor: nextCursor };
  }

  @Get(':id/transcript')
  @ApiExtraModels(Transcript)
  @ApiOperation({ summary: 'All messages of a conversation as one file, oldest first' })
  @ApiConflictResponse({ description: 'Several agents have a conversation of this id, and none was named.' })
  @ApiGoneResponse({ description: 'The conversation was erased.' })
  @ApiOkResponse({
    content: Object.fromEntries(
      Object.entries(TRANSCRIPTS).map(([format, { type }]) => [
        type.split(';')[0]!,
        { schema: format === 'json' ? { $ref: getSchemaPath(Transcript) } : { type: 'string' } },
      ]),
    ),
  })
  @Access('read')
  async transcript(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('id', idOf('conversation')) id: string,
    @Query() query: TranscriptQuery,
  ): Promise<Readable> {
    refuseCsvParameters(query.format, query);
    const { type, present } = TRANSCRIPTS[query.format];
    const { agent, batches } = await this.history.transcript(keyOf(request), id, query.agent);
    await this.audit.record(request, {
      action: 'export.read',
      agentId: agent,
      subject: id,
      details: { transcript: query.format },
    });
    const stream = await begun(present({ agent, id }, batches, query));
    reply.header('content-type', type);
    reply.header('content-disposition', attachment(['transcript', agent, nameOfId(id)], query.format));
    return stream;
  }
}
