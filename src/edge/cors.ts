import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { RECORDED_BY_HEADER } from '../recorded-by/recorded-by.hook.js';

/**
 * Lets web pages of exactly these origins ask with a token of their own. The console's cookie is not
 * for them, so no credentials are allowed.
 */
export const corsFor = (origins: string[]): Parameters<FastifyAdapter['enableCors']>[0] => ({
  origin: origins,
  methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
  allowedHeaders: ['authorization', 'content-type', RECORDED_BY_HEADER],
  exposedHeaders: ['location', 'retry-after', 'www-authenticate', 'content-disposition', RECORDED_BY_HEADER],
  // Seconds.
  maxAge: 600,
});
