import type { Readable } from 'node:stream';
import { Controller, Get, Query, Req, Res, UsePipes } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, keyOf } from '../../access/access.js';
import { AuditService } from '../../audit/audit.service.js';
import { strict } from '../../errors/strict.pipe.js';
import { begun } from '../begun.js';
import { attachment, nameOfRange } from '../file-name.js';
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
    const { range, batches } = await this.exports.rows(keyOf(request), query);
    const { kind, format, bom: _bom, delimiter: _delimiter, ...asked } = query;
    const { agent = keyOf(request).agentId, ...more } = asked;
    await this.audit.record(request, {
      action: 'export.read',
      agentId: agent,
      subject: kind,
      // Through JSON, which leaves out what was not asked for.
      details: JSON.parse(JSON.stringify(more)),
    });
    const stream = await begun(presentExport(kind, format, batches, query));
    reply.header('content-type', TYPES[format]);
    const name = [kind, agent ?? 'all', nameOfRange(range), range.tz];
    reply.header('content-disposition', attachment(name, format));
    return stream;
  }
}
