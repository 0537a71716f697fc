import { Controller, Get, Query, Req, UsePipes } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Access, keyOf } from '../../access/access.js';
import { strict } from '../../errors/strict.pipe.js';
import { UsageReportAnswer } from './usage.answers.js';
import { UsageQuery } from './usage.dto.js';
import { UsageService } from './usage.service.js';
import { presentUsageReport } from './usage-report.presenter.js';

@UsePipes(strict())
@Controller('v1/usage')
export class UsageController {
  constructor(private readonly usage: UsageService) {}

  @Get()
  @ApiOperation({ summary: 'What was used in a range of time' })
  @ApiOkResponse({ type: UsageReportAnswer })
  @Access('read')
  async report(@Req() request: FastifyRequest, @Query() query: UsageQuery): Promise<object> {
    return presentUsageReport(await this.usage.report(keyOf(request), query));
  }
}
