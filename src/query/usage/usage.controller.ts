import type { Readable } from 'node:stream';
import { Controller, Get, Query, Req, Res, UsePipes } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, keyOf } from '../../access/access.js';
import { AuditService } from '../../audit/audit.service.js';
import { strict } from '../../errors/strict.pipe.js';
import { begun } from '../begun.js';
import { attachment, nameOfRange } from '../file-name.js';
import { UsageReportAnswer } from './usage.answers.js';
import { UsageQuery } from './usage.dto.js';
import { UsageService } from './usage.service.js';
import { presentUsageCsv } from './usage-csv.presenter.js';
import { presentUsageReport } from './usage-report.presenter.js';

@UsePipes(strict())
@Controller('v1/usage')
export class UsageController {
  constructor(
    private readonly usage: UsageService,
    private readonly audit: AuditService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'What was used in a range of time' })
  @ApiExtraModels(UsageReportAnswer)
  @ApiConflictResponse({ description: 'Several agents have a conversation of this id, and none was named.' })
  @ApiOkResponse({
    content: {
      'application/json': { schema: { $ref: getSchemaPath(UsageReportAnswer) } },
      'text/csv': { schema: { type: 'string' } },
    },
  })
  @Access('read')
  async report(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Query() query: UsageQuery,
  ): Promise<object> {
    if (query.format === 'csv') return this.csv(request, reply, query);
    return presentUsageReport(await this.usage.report(keyOf(request), query));
  }

  private async csv(request: FastifyRequest, reply: FastifyReply, query: UsageQuery): Promise<Readable> {
    const usage = await this.usage.export(keyOf(request), query);
    const agent = query.agent ?? keyOf(request).agentId;
    await this.audit.record(request, {
      action: 'export.read',
      agentId: agent,
      subject: 'usage',
      details: { from: usage.range.from.toISOString(), to: usage.range.to.toISOString(), tz: usage.range.tz },
    });
    const stream = await begun(presentUsageCsv(usage, query));
    reply.header('content-type', 'text/csv; charset=utf-8');
    const { range } = usage;
    const name = ['usage', agent ?? 'all', nameOfRange(range), range.tz];
    reply.header('content-disposition', attachment(name, 'csv'));
    return stream;
  }
}
