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
import { Entries } from './entries.answers.js';
import { EntriesQuery } from './entries.dto.js';
import { EntriesService } from './entries.service.js';
import { presentEntry } from './entry.presenter.js';
import { presentEntriesCsv, presentEntriesNdjson } from './entry-files.presenter.js';

const TYPES = { csv: 'text/csv; charset=utf-8', ndjson: 'application/x-ndjson' };

@UsePipes(strict())
@Controller('v1/usage/entries')
export class EntriesController {
  constructor(
    private readonly entries: EntriesService,
    private readonly audit: AuditService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The entries of the ledger, oldest use first' })
  @ApiExtraModels(Entries)
  @ApiConflictResponse({
    description:
      'Several agents have a conversation or message of the id that was asked for, and none was named.',
  })
  @ApiOkResponse({
    content: {
      'application/json': { schema: { $ref: getSchemaPath(Entries) } },
      'text/csv': { schema: { type: 'string' } },
      'application/x-ndjson': { schema: { type: 'string' } },
    },
  })
  @Access('read')
  async list(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Query() query: EntriesQuery,
  ): Promise<object> {
    if (query.format !== 'json') return this.file(request, reply, query, query.format);
    const { rows, nextCursor } = await this.entries.page(keyOf(request), query);
    return { data: rows.map(presentEntry), next_cursor: nextCursor };
  }

  private async file(
    request: FastifyRequest,
    reply: FastifyReply,
    query: EntriesQuery,
    format: 'csv' | 'ndjson',
  ): Promise<Readable> {
    const { range, batches } = await this.entries.export(keyOf(request), query);
    const { agent, conversation_id, message_id, from, to, period, tz, as_of } = query;
    await this.audit.record(request, {
      action: 'export.read',
      agentId: agent ?? keyOf(request).agentId,
      subject: 'entries',
      // Through JSON, which leaves out what was not asked for.
      details: JSON.parse(JSON.stringify({ conversation_id, message_id, from, to, period, tz, as_of })),
    });
    const chunks = format === 'csv' ? presentEntriesCsv(batches, query) : presentEntriesNdjson(batches);
    const stream = await begun(chunks);
    reply.header('content-type', TYPES[format]);
    const name = ['entries', agent ?? keyOf(request).agentId ?? 'all', nameOfRange(range), range.tz];
    reply.header('content-disposition', attachment(name, format));
    return stream;
  }
}
