import type { FastifyInstance } from 'fastify';
import { unavailable } from '../errors/problem.js';

/** Milliseconds between two looks for connections that nothing keeps open any more. */
const SWEEP_EVERY = 50;

/**
 * Stops in order: what was accepted is answered, what comes on connections that are still open is refused, in the words
 * of its lane, and connections that wait for nothing are ended. Node ends those that are idle at the moment of closing,
 * but not those that become so by an answer, nor those that never sent a whole request.
 */
export function closeInOrder(fastify: FastifyInstance): void {
  let isClosing = false;
  let unanswered = 0;
  let sweep: NodeJS.Timeout | undefined;
  fastify.addHook('preClose', async () => {
    isClosing = true;
    sweep = setInterval(() => {
      if (unanswered === 0) fastify.server.closeAllConnections();
      else fastify.server.closeIdleConnections();
    }, SWEEP_EVERY);
  });
  fastify.addHook('onClose', async () => clearInterval(sweep));
  fastify.addHook('onSend', (_, reply, _payload, done) => {
    if (isClosing) reply.header('connection', 'close');
    done();
  });
  fastify.addHook('onRequest', (_request, _reply, done) => {
    unanswered += 1;
    done(isClosing ? unavailable('The server is stopping.') : undefined);
  });
  fastify.addHook('onResponse', (_request, _reply, done) => {
    unanswered -= 1;
    done();
  });
}
