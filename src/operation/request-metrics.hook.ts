import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../metrics/metrics.js';

/** Times every answer, by the route's pattern: an address would be a label of its own for every id and every token. */
export function registerRequestMetrics(fastify: FastifyInstance, metrics: Metrics): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? null;
    metrics.countRequest(request.method, route, reply.statusCode, reply.elapsedTime / 1_000);
    done();
  });
}
