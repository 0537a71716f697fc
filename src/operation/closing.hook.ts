import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { unavailable } from '../errors/problem.js';

/** Milliseconds between two looks for connections that nothing keeps open any more. */
const SWEEP_EVERY = 50;
/**
 * Milliseconds for what was accepted to be answered. A delivery has its answer within 2 s; the rest is for questions,
 * and for senders that are still sending.
 */
const ANSWER_MS = 5_000;
/** Milliseconds for the last refusals to leave before all connections are cut. */
const CUT_AFTER_MS = ANSWER_MS + 500;

const stopping = () => unavailable('The server is stopping.');

/**
 * Stops in order: what was accepted is answered, what comes on connections that are still open is refused, in the words
 * of its lane, and connections that wait for nothing are ended. Node ends those that are idle at the moment of closing,
 * but not those that become so by an answer, nor those that never sent a whole request. A request of which the rest does
 * not come was not accepted: it is refused when the time is up.
 */
export function closeInOrder(fastify: FastifyInstance): void {
  let isClosing = false;
  const unanswered = new Map<FastifyRequest, FastifyReply>();
  const timers: NodeJS.Timeout[] = [];
  fastify.addHook('preClose', async () => {
    isClosing = true;
    const { server } = fastify;
    timers.push(
      setInterval(() => {
        if (unanswered.size === 0) server.closeAllConnections();
        else server.closeIdleConnections();
      }, SWEEP_EVERY),
      setTimeout(() => {
        for (const [request, reply] of unanswered) if (!request.raw.complete) reply.send(stopping());
      }, ANSWER_MS),
      setTimeout(() => server.closeAllConnections(), CUT_AFTER_MS),
    );
  });
  fastify.addHook('onClose', async () => timers.forEach(clearTimeout));
  fastify.addHook('onSend', (_, reply, _payload, done) => {
    if (isClosing) reply.header('connection', 'close');
    done();
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    unanswered.set(request, reply);
    // Where the caller hangs up there is no `onResponse`.
    reply.raw.once('close', () => unanswered.delete(request));
    done(isClosing ? stopping() : undefined);
  });
}
