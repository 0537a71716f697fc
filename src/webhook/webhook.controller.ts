import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Access, keyOf } from '../access/access.js';
import { WebhookService } from './webhook.service.js';

@Controller('webhook')
export class WebhookController {
  constructor(private readonly webhook: WebhookService) {}

  /** The body arrives as bytes: what was sent is kept, whatever it turns out to be. */
  @Post(['', ':token'])
  @HttpCode(200)
  @Access('ingest')
  receive(@Req() request: FastifyRequest): Promise<{ code: 200; msg: 'success' }> {
    return this.webhook.receive((request.body as Buffer | undefined) ?? Buffer.alloc(0), keyOf(request));
  }
}
