import { randomBytes } from 'node:crypto';
import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access } from '../access/access.js';
import { notFound, Problem } from '../errors/problem.js';
import { PageFiles } from './page-files.js';

/** Stands in the built page where each answer puts a nonce of its own. */
const NONCE = /__NONCE__/g;

/**
 * Only our own files run. Styles that the component library makes in the page carry the nonce. Audio is played from
 * wherever the agent put it.
 */
const policy = (nonce: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    'media-src http: https:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join(';');

@ApiExcludeController()
@Controller()
export class PageController {
  constructor(private readonly files: PageFiles) {}

  @Get()
  @Access('anyone')
  index(@Res() reply: FastifyReply): void {
    if (this.files.index === null) throw new Problem(503, 'The console was not built. Run npm run build.');
    const nonce = randomBytes(16).toString('base64url');
    reply
      .headers({ 'cache-control': 'no-store', 'content-security-policy': policy(nonce) })
      .type('text/html; charset=utf-8')
      .send(this.files.index.replace(NONCE, nonce));
  }

  /** Names carry a hash of the content, so a browser may keep them for ever. */
  @Get('console/assets/:name')
  @Access('anyone')
  asset(@Req() request: FastifyRequest, @Param('name') name: string, @Res() reply: FastifyReply): void {
    const file = this.files.asset(name);
    if (!file) throw notFound('file');
    const compressed = /\bbr\b/.test(request.headers['accept-encoding'] ?? '') ? file.brotli : null;
    if (compressed) reply.header('content-encoding', 'br');
    reply
      .headers({ 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' })
      .type(file.type)
      .send(compressed ?? file.plain);
  }
}
