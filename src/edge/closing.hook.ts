import type { FastifyInstance } from 'fastify';

/**
 * Ends each connection with its last answer once the server is stopping. Those that are idle when it begins to stop are
 * closed at once; one that still gets an answer would stay open for as long as idle connections may, and the stop with it.
 */
export function registerClosing(fastify: FastifyInstance): void {
  let isClosing = false;
  fastify.addHook('preClose', async () => {
    isClosing = true;
  });
  fastify.addHook('onSend', async (_, reply) => {
    if (isClosing) reply.header('connection', 'close');
  });
}
