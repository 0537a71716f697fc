import { Controller, Delete, Param, Query, Req, UsePipes } from '@nestjs/common';
import { ApiConflictResponse, ApiOkResponse, ApiOperation, ApiProperty } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Access } from '../access/access.js';
import { strict } from '../errors/strict.pipe.js';
import { AgentQuery } from '../query/history/history.dto.js';
import { idOf } from '../query/path-id.js';
import { ErasureService, type Receipt } from './erasure.service.js';

/** How much was erased. */
export class ErasureReceipt implements Receipt {
  @ApiProperty({ type: String, example: 'default' }) agent: string;
  @ApiProperty({ type: String, example: '657303a8a764d47094874bbe' }) conversation_id: string;
  @ApiProperty({ type: String, format: 'date-time', example: '2026-10-03T04:02:03.000Z' }) erased_at: string;
  @ApiProperty({ type: 'integer', minimum: 0, example: 42 }) messages: number;
  @ApiProperty({ type: 'integer', minimum: 0, example: 57 }) pieces: number;
  /** Raw bodies of the messages. */
  @ApiProperty({ type: 'integer', minimum: 0, example: 43 }) deliveries: number;
  /** Refused bodies that name the conversation. */
  @ApiProperty({ type: 'integer', minimum: 0, example: 0 }) quarantined: number;
  @ApiProperty({
    type: 'integer',
    minimum: 0,
    example: 0,
    description:
      'Refused bodies of the agent that are left and name no conversation and no known message: nobody can tell by program whose they are.',
  })
  unattributed_bodies: number;
}

@UsePipes(strict())
@Controller('v1/conversations')
export class ErasureController {
  constructor(private readonly erasure: ErasureService) {}

  @Delete(':id')
  @ApiOperation({ summary: 'Erase what was said in a conversation; what it cost stays' })
  @ApiOkResponse({ type: ErasureReceipt })
  @ApiConflictResponse({ description: 'Several agents have a conversation of this id, and none was named.' })
  @Access('admin')
  erase(
    @Req() request: FastifyRequest,
    @Param('id', idOf('conversation')) id: string,
    @Query() { agent }: AgentQuery,
  ): Promise<Receipt> {
    return this.erasure.erase(request, id, agent);
  }
}
