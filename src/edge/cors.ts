import type { FastifyAdapter } from '@nestjs/platform-fastify';

/**
 * Lets web pages of exactly these origins ask with a token of their own. The console's cookie is not
 * for them, so no credentials are allowed.
 */
export const corsFor = (origins: string[]): Parameters<FastifyAdapter['enableCors']>[0] => ({
  origin: origins,
  methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
  allowedHeaders: ['authorization', 'content-type'],
  exposedHeaders: ['location', 'retry-after', 'www-authenticate', 'content-disposition'],
  // Seconds.
  maxAge: 600,
});
