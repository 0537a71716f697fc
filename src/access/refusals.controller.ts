import { Controller, Get, Query, UsePipes } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { RefusedAuthentication } from '../database/generated/client.js';
import { noParameters, strict } from '../errors/strict.pipe.js';
import { Refusals } from './access.answers.js';
import { Access } from './access.js';
import { RefusalsService } from './refusals.service.js';

/** Who was refused for want of a known token, to find a sender that sets no header or an old one. */
@UsePipes(strict())
@Controller('v1/refusals')
export class RefusalsController {
  constructor(private readonly refusals: RefusalsService) {}

  @Get()
  @ApiOperation({ summary: 'Senders and askers whom no key belongs to' })
  @ApiOkResponse({ type: Refusals })
  @Access('admin')
  async list(@Query(noParameters) _: object): Promise<object> {
    return { data: (await this.refusals.list()).map(presentRefusal), next_cursor: null };
  }
}

const presentRefusal = (row: RefusedAuthentication) => ({
  lane: row.lane,
  presented: row.presented,
  count: Number(row.count),
  first_at: row.firstAt.toISOString(),
  last_at: row.lastAt.toISOString(),
  last_address: row.lastAddress,
});
