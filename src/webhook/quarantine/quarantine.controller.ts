import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, UsePipes } from '@nestjs/common';
import { ApiConflictResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Access } from '../../access/access.js';
import { noParameters, strict } from '../../errors/strict.pipe.js';
import { Dismissed, QuarantinedWithBody, QuarantineList, Replayed } from './quarantine.answers.js';
import { DismissAllQuery, DismissalBody, QuarantineQuery, WaitingQuery } from './quarantine.dto.js';
import { presentQuarantined, presentWithBody } from './quarantine.presenter.js';
import { QuarantineService } from './quarantine.service.js';

@UsePipes(strict())
@Controller('v1/quarantine')
export class QuarantineController {
  constructor(private readonly quarantine: QuarantineService) {}

  @Get()
  @ApiOperation({ summary: 'Refused bodies, by arrival' })
  @ApiOkResponse({ type: QuarantineList })
  @Access('admin')
  async list(@Query() query: QuarantineQuery): Promise<object> {
    const { rows, nextCursor } = await this.quarantine.list(query);
    return { data: rows.map(presentQuarantined), next_cursor: nextCursor };
  }

  @Post('replay')
  @HttpCode(200)
  @ApiOperation({ summary: 'Reads everything that waits again, and stores what can be stored now' })
  @ApiOkResponse({ type: Replayed })
  @Access('admin')
  async replayAll(@Req() request: FastifyRequest, @Query() query: WaitingQuery): Promise<object> {
    const { nextCursor, ...counts } = await this.quarantine.replayAll(request, query);
    return { ...counts, next_cursor: nextCursor };
  }

  @Post('dismiss')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Gives up everything that waits, with a reason',
    description:
      'Narrowed by `agent` and by `problem`: the field of a problem, a part of its sentence, or both as an error says them (`create_time must be present`). The bytes stay.',
  })
  @ApiOkResponse({ type: Dismissed })
  @Access('admin')
  async dismissAll(
    @Req() request: FastifyRequest,
    @Query() query: DismissAllQuery,
    @Body() { reason }: DismissalBody,
  ): Promise<object> {
    const { dismissed, nextCursor } = await this.quarantine.dismissAll(request, query, reason);
    return { dismissed, next_cursor: nextCursor };
  }

  @Get(':id')
  @ApiOperation({ summary: 'A refused body' })
  @ApiOkResponse({ type: QuarantinedWithBody })
  @Access('admin')
  async one(@Param('id') id: string, @Query(noParameters) _: object): Promise<object> {
    return presentWithBody(await this.quarantine.one(id));
  }

  @Post(':id/replay')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Reads one body again, and stores it under the time of its arrival if it can be stored now',
  })
  @ApiOkResponse({ type: QuarantinedWithBody })
  @ApiConflictResponse({ description: 'It was replayed or dismissed before.' })
  @Access('admin')
  async replay(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
    @Query(noParameters) _: object,
  ): Promise<object> {
    return presentWithBody(await this.quarantine.replay(request, id));
  }

  @Post(':id/dismiss')
  @HttpCode(200)
  @ApiOperation({ summary: 'Gives a body up, with a reason; its bytes stay' })
  @ApiOkResponse({ type: QuarantinedWithBody })
  @ApiConflictResponse({ description: 'It was replayed or dismissed before.' })
  @Access('admin')
  async dismiss(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
    @Query(noParameters) _: object,
    @Body() { reason }: DismissalBody,
  ): Promise<object> {
    return presentWithBody(await this.quarantine.dismiss(request, id, reason));
  }
}
