import { Body, Controller, Get, Param, Post, Query, Req, Res, UsePipes } from '@nestjs/common';
import { ApiConflictResponse, ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, keyOf } from '../access/access.js';
import { noParameters, strict } from '../errors/strict.pipe.js';
import { CsvQuery } from '../query/csv.js';
import { attachment } from '../query/file-name.js';
import { PageQuery } from '../query/history/history.dto.js';
import { presentStatement, presentStatementRow } from './statement.presenter.js';
import { presentStatementCsv } from './statement-csv.presenter.js';
import { StatementAnswer, StatementList } from './statements.answers.js';
import { NewStatement } from './statements.dto.js';
import { StatementsService } from './statements.service.js';

@UsePipes(strict())
@Controller('v1/statements')
export class StatementsController {
  constructor(private readonly statements: StatementsService) {}

  @Get()
  @ApiOperation({ summary: 'Closed months, the last one closed first' })
  @ApiOkResponse({ type: StatementList })
  @Access('read')
  async list(@Req() request: FastifyRequest, @Query() query: PageQuery): Promise<object> {
    const { rows, nextCursor } = await this.statements.list(keyOf(request), query);
    return { data: rows.map(presentStatementRow), next_cursor: nextCursor };
  }

  @Post()
  @ApiOperation({ summary: 'Closes a month that is over; a key of one agent has to name that agent' })
  @ApiCreatedResponse({ type: StatementAnswer })
  @ApiConflictResponse({
    description: 'The month is closed already, and the statement is not replaced by this one.',
  })
  @Access('finance')
  async close(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Body() wanted: NewStatement,
    @Query(noParameters) _: object,
  ): Promise<object> {
    const statement = await this.statements.close(request, wanted);
    reply.header('location', `/v1/statements/${statement.id}`);
    return presentStatement(statement);
  }

  @Get(':id')
  @ApiOperation({ summary: 'A closed month, and what was learnt since' })
  @ApiOkResponse({ type: StatementAnswer })
  @Access('read')
  async one(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
    @Query(noParameters) _: object,
  ): Promise<object> {
    return presentStatement(await this.statements.one(keyOf(request), id));
  }

  @Get(':id/document')
  @ApiOperation({ summary: 'The document of a closed month, to the byte' })
  @ApiOkResponse({ content: { 'application/json': { schema: { type: 'object' } } } })
  @Access('read')
  async document(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('id') id: string,
    @Query(noParameters) _: object,
  ): Promise<Buffer> {
    const { name, bytes } = await this.statements.document(keyOf(request), id);
    reply.header('content-type', 'application/json');
    reply.header('content-disposition', attachment(name, 'json'));
    return bytes;
  }

  @Get(':id/csv')
  @ApiOperation({ summary: 'The document of a closed month as a table' })
  @ApiOkResponse({ content: { 'text/csv': { schema: { type: 'string' } } } })
  @Access('read')
  async csv(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('id') id: string,
    @Query() query: CsvQuery,
  ): Promise<Buffer> {
    const { name, bytes } = await this.statements.document(keyOf(request), id);
    reply.header('content-type', 'text/csv; charset=utf-8');
    reply.header('content-disposition', attachment(name, 'csv'));
    return Buffer.from(presentStatementCsv(bytes, query));
  }
}
