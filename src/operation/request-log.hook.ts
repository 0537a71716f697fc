import type { FastifyInstance } from 'fastify';
import { addressOf } from '../access/address.js';

/**
 * One line for each answer: the route's pattern, never its address, since a path may hold a token and a query a text
 * that is sought. Accepted deliveries are logged at "debug": they come by the thousand.
 */
export function registerRequestLog(fastify: FastifyInstance): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const line = {
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      key: request.key?.id,
      address: addressOf(request),
    };
    const isDelivery = line.route?.startsWith('/webhook') && line.status === 200;
    request.log[isDelivery ? 'debug' : 'info'](line, 'answered');
    done();
  });
}
