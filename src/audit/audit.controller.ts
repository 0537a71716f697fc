import { Controller, Get, Query, UsePipes } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { Access } from '../access/access.js';
import { strict } from '../errors/strict.pipe.js';
import { AuditTrail } from './audit.answers.js';
import { AuditQuery } from './audit.dto.js';
import { presentAuditEvent } from './audit.presenter.js';
import { AuditTrailService } from './audit-trail.service.js';

@UsePipes(strict())
@Controller('v1/audit')
export class AuditController {
  constructor(private readonly trail: AuditTrailService) {}

  @Get()
  @ApiOperation({ summary: 'Who did what, when, from where' })
  @ApiOkResponse({ type: AuditTrail })
  @Access('admin')
  async list(@Query() query: AuditQuery): Promise<object> {
    const { rows, nextCursor } = await this.trail.list(query);
    return { data: rows.map(presentAuditEvent), next_cursor: nextCursor };
  }
}
