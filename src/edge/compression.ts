import { constants } from 'node:zlib';
import compress, { type FastifyCompressRouteOptions } from '@fastify/compress';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';

/** Bytes from which an answer is compressed. A shorter one fits one packet, and saves nothing. */
const THRESHOLD_BYTES = 1_024;

const OPTIONS: FastifyCompressRouteOptions['compress'] = {
  encodings: ['br', 'gzip'],
  threshold: THRESHOLD_BYTES,
  customTypes: /^text\/|[/+]json(;|$)|^application\/x-ndjson(;|$)/,
  // Each chunk of a stream is sent when it is there: a download must not seem to stand still while rows are read.
  zlibOptions: { flush: constants.Z_SYNC_FLUSH },
  brotliOptions: {
    flush: constants.BROTLI_OPERATION_FLUSH,
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 4,
      // A window of 512 KiB: the default of 4 MiB costs each answer under way ten times the memory, for 1 % of size.
      [constants.BROTLI_PARAM_LGWIN]: 19,
    },
  },
};

/**
 * Routes of `/v1` that are never compressed: one answers with a secret, whose length must not show beside text that the
 * caller chose (BREACH); the other with bytes that a stranger chose, which the plug-in would take for compressed already
 * if they begin like gzip, and with them the answer would not be what its Content-Encoding says.
 */
const UNCOMPRESSED = ['POST /v1/keys', 'GET /v1/deliveries/:id/body'];

/**
 * Compresses the answers of `/v1` as the caller accepts it. The webhook's answers are shorter than any header that would
 * say so, and the console's files are compressed when they are built.
 */
export async function registerCompression(fastify: FastifyInstance): Promise<void> {
  fastify.addHook('onRoute', (route: RouteOptions & FastifyCompressRouteOptions) => {
    const isOfApi = route.url.startsWith('/v1/') && !route.config?.isRefusal;
    route.compress = isOfApi && !UNCOMPRESSED.includes(`${route.method} ${route.url}`) ? OPTIONS : false;
    if (route.compress) route.onSend = [addVary, route.onSend ?? []].flat();
  });
  await fastify.register(compress, { global: false });
}

/** Also of an answer that is not compressed: it would be for another caller. */
function addVary(
  _request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: (error: null, payload: unknown) => void,
): void {
  reply.header('vary', [reply.getHeader('vary') ?? [], 'accept-encoding'].flat().join(', '));
  done(null, payload);
}
