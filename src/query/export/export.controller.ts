import type { Readable } from 'node:stream';
import { Controller, Get, Query, Req, Res, UsePipes } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, keyOf } from '../../access/access.js';
import { AuditService } from '../../audit/audit.service.js';
import { strict } from '../../errors/strict.pipe.js';
import { begun } from '../begun.js';
import { ExportQuery } from './export.dto.js';
import { ExportService } from './export.service.js';
import { presentExport } from './export-files.presenter.js';

const TYPES = { csv: 'text/csv; charset=utf-8', ndjson: 'application/x-ndjson' };

@UsePipes(strict())
@Controller('v1/export')
export class ExportController {
  constructor(
    private readonly exports: ExportService,
    private readonly audit: AuditService,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'All messages, deliveries or entries, as a stream',
    description:
      'Agent by agent, oldest first. A stream that breaks ends as a broken transfer; `cursor` goes on after the last whole row.',
  })
  @ApiOkResponse({
    content: {
      [TYPES.ndjson]: { schema: { type: 'string' } },
      'text/csv': { schema: { type: 'string' } },
    },
  })
  @Access('read')
  async file(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Query() query: ExportQuery,
  ): Promise<Readable> {
    const rows = await this.exports.rows(keyOf(request), query);
    const { kind, format, agent, ...more } = query;
    await this.audit.record(request, {
      action: 'export.read',
      agentId: agent ?? keyOf(request).agentId,
      subject: kind,
      // Through JSON, which leaves out what was not asked for.
      details: JSON.parse(JSON.stringify(more)),
    });
    const stream = await begun(presentExport(kind, format, rows));
    reply.header('content-type', TYPES[format]);
    reply.header('content-disposition', `attachment; filename="${kind}.${format}"`);
    return stream;
  }
}
