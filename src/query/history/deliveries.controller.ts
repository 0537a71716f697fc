import { Controller, Get, Header, Param, Query, Req, Res, UsePipes } from '@nestjs/common';
import { ApiGoneResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, keyOf } from '../../access/access.js';
import { noParameters, strict } from '../../errors/strict.pipe.js';
import { attachment } from '../file-name.js';
import { ArrivalsService } from './arrivals.service.js';
import { presentArrival } from './delivery.presenter.js';
import { Deliveries } from './history.answers.js';
import { HistoryService } from './history.service.js';
import { DeliveriesQuery } from './lists.dto.js';

@UsePipes(strict())
@Controller('v1/deliveries')
export class DeliveriesController {
  constructor(
    private readonly history: HistoryService,
    private readonly arrivals: ArrivalsService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'What arrived, newest arrival first unless asked otherwise' })
  @ApiOkResponse({ type: Deliveries })
  @Access('read')
  async list(@Req() request: FastifyRequest, @Query() query: DeliveriesQuery): Promise<object> {
    const { rows, nextCursor } = await this.arrivals.list(keyOf(request), query);
    return { data: rows.map(presentArrival), next_cursor: nextCursor };
  }

  /** What a stranger sent is never declared as something that a browser would run or show. */
  @Get(':id/body')
  @ApiOperation({ summary: 'The bytes of a delivery, as they came' })
  @ApiGoneResponse({ description: 'The bytes were erased.' })
  @ApiOkResponse({
    content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
  })
  @Access('read')
  @Header('content-type', 'application/octet-stream')
  @Header('x-content-type-options', 'nosniff')
  async body(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('id') id: string,
    @Query(noParameters) _: object,
  ): Promise<Buffer> {
    const { agent, bytes } = await this.history.body(keyOf(request), id);
    reply.header('content-disposition', attachment(['delivery', agent, id], 'bin'));
    return bytes;
  }
}
