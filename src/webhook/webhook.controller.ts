import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Access, keyOf } from '../access/access.js';
import { Accepted, DELIVERY_EXAMPLE, DELIVERY_SCHEMA } from './webhook.answers.js';
import { WebhookService } from './webhook.service.js';

@Controller('webhook')
export class WebhookController {
  constructor(private readonly webhook: WebhookService) {}

  /** The body arrives as bytes: what was sent is kept, whatever it turns out to be. */
  @Post(['', ':token'])
  @HttpCode(200)
  @ApiOperation({
    summary: 'Take a delivery in',
    description: 'Answered after the commit. Sending the same body again is always safe, and counted once.',
  })
  @ApiBody({ schema: DELIVERY_SCHEMA, examples: { reply: { value: DELIVERY_EXAMPLE } } })
  @ApiOkResponse({ type: Accepted, description: 'The delivery is stored for good.' })
  @Access('ingest')
  receive(@Req() request: FastifyRequest): Promise<{ code: 200; msg: 'success' }> {
    return this.webhook.receive((request.body as Buffer | undefined) ?? Buffer.alloc(0), keyOf(request));
  }
}
