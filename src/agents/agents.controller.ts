import { Body, Controller, Get, Param, Patch, Post, Query, Req, Res, UsePipes } from '@nestjs/common';
import { ApiConflictResponse, ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, keyOf } from '../access/access.js';
import { noParameters, strict } from '../errors/strict.pipe.js';
import { PageParameters } from '../paging/page.js';
import { presentAgent, presentPrice } from './agent.presenter.js';
import { AgentAnswer, AgentList, Price, PriceList } from './agents.answers.js';
import { AgentChange, NewAgent, NewPrice } from './agents.dto.js';
import { AgentsService } from './agents.service.js';
import { PricesService } from './prices.service.js';

@UsePipes(strict())
@Controller('v1/agents')
export class AgentsController {
  constructor(
    private readonly agents: AgentsService,
    private readonly prices: PricesService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Agents by their id; a key of one agent sees its own' })
  @ApiOkResponse({ type: AgentList })
  @Access('read')
  async list(@Req() request: FastifyRequest, @Query() query: PageParameters): Promise<object> {
    const { rows, nextCursor } = await this.agents.list(keyOf(request), query);
    return { data: rows.map(presentAgent), next_cursor: nextCursor };
  }

  @Post()
  @ApiOperation({ summary: 'Makes an agent' })
  @ApiCreatedResponse({ type: AgentAnswer })
  @ApiConflictResponse({ description: 'There is an agent of this id already.' })
  @Access('admin')
  async make(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Body() wanted: NewAgent,
    @Query(noParameters) _: object,
  ): Promise<object> {
    const agent = await this.agents.make(request, wanted);
    reply.header('location', `/v1/agents/${agent.id}`);
    return presentAgent(agent);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One agent' })
  @ApiOkResponse({ type: AgentAnswer })
  @Access('read', 'id')
  async one(@Param('id') id: string, @Query(noParameters) _: object): Promise<object> {
    return presentAgent(await this.agents.one(id));
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Changes an agent' })
  @ApiOkResponse({ type: AgentAnswer })
  @Access('admin')
  async change(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
    @Body() change: AgentChange,
    @Query(noParameters) _: object,
  ): Promise<object> {
    return presentAgent(await this.agents.change(request, id, change));
  }

  @Get(':id/prices')
  @ApiOperation({ summary: 'What credits of an agent cost, and did' })
  @ApiOkResponse({ type: PriceList })
  @Access('read', 'id')
  async priceList(@Param('id') id: string, @Query() query: PageParameters): Promise<object> {
    const { rows, nextCursor } = await this.prices.list(id, query);
    return { data: rows.map(presentPrice), next_cursor: nextCursor };
  }

  /** A price has no address of its own, so that `Location` leads to the list it is in. */
  @Post(':id/prices')
  @ApiOperation({ summary: 'Adds what a credit costs from a day on' })
  @ApiCreatedResponse({ type: Price })
  @Access('finance', 'id')
  async addPrice(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('id') id: string,
    @Body() wanted: NewPrice,
    @Query(noParameters) _: object,
  ): Promise<object> {
    const price = await this.prices.add(request, id, wanted);
    reply.header('location', `/v1/agents/${id}/prices`);
    return presentPrice(price);
  }
}
