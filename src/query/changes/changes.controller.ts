import { Controller, Get, Query, Req, Res, UsePipes } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, keyOf } from '../../access/access.js';
import { strict } from '../../errors/strict.pipe.js';
import { presentChange } from './change.presenter.js';
import { Changes, ErasedMessage } from './changes.answers.js';
import { ChangesQuery } from './changes.dto.js';
import { ChangesService } from './changes.service.js';

@UsePipes(strict())
@Controller('v1/changes')
export class ChangesController {
  constructor(private readonly changes: ChangesService) {}

  @Get()
  @ApiOperation({ summary: 'What was stored, revised and erased, in the order of the commits' })
  @ApiExtraModels(ErasedMessage)
  @ApiOkResponse({ type: Changes })
  @Access('read')
  async list(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Query() query: ChangesQuery,
  ): Promise<object> {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const { rows, nextCursor, recordedBy } = await this.changes.page(keyOf(request), query, gone.signal);
    request.recordedBy = { instant: recordedBy, includesChange: false };
    return { data: rows.map(presentChange), next_cursor: nextCursor };
  }
}
