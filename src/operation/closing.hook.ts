import type { FastifyInstance } from 'fastify';
import { unavailable } from '../errors/problem.js';

/**
 * Refuses what comes on connections that are still open while the server stops. Fastify would do so itself, but in
 * words of its own and without Retry-After.
 */
export function refuseWhileClosing(fastify: FastifyInstance): void {
  let isClosing = false;
  fastify.addHook('preClose', async () => {
    isClosing = true;
  });
  fastify.addHook('onRequest', async () => {
    if (isClosing) throw unavailable('The server is stopping.');
  });
}
