import { Controller, Get, Header, Param, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Access } from '../access/access.js';
import { OpenApiService } from './openapi.service.js';
import { PAGE, START } from './page.js';

@Controller()
export class OpenApiController {
  constructor(private readonly openApi: OpenApiService) {}

  @Get('openapi.json')
  @ApiOperation({ summary: 'This document' })
  @ApiOkResponse({ content: { 'application/json': { schema: { type: 'object' } } } })
  @Access('anyone')
  document(): object {
    return this.openApi.document();
  }

  @Get('docs')
  @ApiOperation({ summary: 'This document as a page to read and try' })
  @ApiOkResponse({ content: { 'text/html': { schema: { type: 'string' } } } })
  @Access('anyone')
  @Header('content-type', 'text/html; charset=utf-8')
  page(): string {
    return PAGE;
  }

  @Get('docs/start.js')
  @ApiExcludeEndpoint()
  @Access('anyone')
  @Header('content-type', 'text/javascript; charset=utf-8')
  start(): string {
    return START;
  }

  @Get('docs/:file')
  @ApiExcludeEndpoint()
  @Access('anyone')
  async file(@Param('file') name: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<Buffer> {
    const { type, bytes } = await this.openApi.file(name);
    reply.type(type);
    return bytes;
  }
}
