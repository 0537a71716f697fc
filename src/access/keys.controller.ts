import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Post,
  Query,
  Req,
  Res,
  UsePipes,
} from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { noParameters, strict } from '../errors/strict.pipe.js';
import { PageParameters } from '../paging/page.js';
import { Key, Keys, MadeKey } from './access.answers.js';
import { Access } from './access.js';
import { presentKey } from './key.presenter.js';
import { KeyAdministrationService } from './key-administration.service.js';
import { NewKey } from './keys.dto.js';
import { KeysService } from './keys.service.js';

@UsePipes(strict())
@Controller('v1/keys')
export class KeysController {
  constructor(
    private readonly administration: KeyAdministrationService,
    private readonly keys: KeysService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Keys, without their tokens' })
  @ApiOkResponse({ type: Keys })
  @Access('admin')
  async list(@Query() query: PageParameters): Promise<object> {
    const { rows, nextCursor } = await this.administration.list(query);
    return {
      data: rows.map((row) => presentKey(row, this.keys.lastUses.of(row.id))),
      next_cursor: nextCursor,
    };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One key' })
  @ApiOkResponse({ type: Key })
  @Access('admin')
  async one(@Param('id') id: string, @Query(noParameters) _: object): Promise<object> {
    return presentKey(await this.administration.one(id), this.keys.lastUses.of(id));
  }

  /** The only answer that ever shows a token. */
  @Post()
  @ApiOperation({ summary: 'Makes a key, and shows its token once' })
  @ApiCreatedResponse({ type: MadeKey })
  @ApiConflictResponse({ description: 'A key has this token already.' })
  @Access('admin')
  async make(
    @Req() request: FastifyRequest,
    @Query(noParameters) _: object,
    @Body() wanted: NewKey,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const { row, token } = await this.administration.make(request, wanted);
    reply.header('location', `/v1/keys/${row.id}`);
    return { ...presentKey(row, undefined), token };
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revokes a key: it is refused from the next request on' })
  @ApiNoContentResponse()
  @ApiConflictResponse({ description: 'It is the last live key of an administrator.' })
  @Access('admin')
  async revoke(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
    @Query(noParameters) _: object,
  ): Promise<void> {
    await this.administration.revoke(request, id);
  }
}
