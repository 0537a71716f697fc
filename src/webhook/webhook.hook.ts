import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isWebhook } from '../errors/error.filter.js';
import { Problem } from '../errors/problem.js';

/** `application/json`, `text/json` and `application/…+json`, with or without parameters. */
const JSON_TYPE = /^\s*(application|text)\/([^;\s]+\+)?json\s*(;|$)/i;

/**
 * Hands the webhook its bodies as bytes, and refuses what says of itself that it is no plain JSON before it is read.
 * A body that declares no type at all counts as JSON.
 */
export function registerWebhookBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  fastify.addHook('onRequest', async ({ headers }) => {
    // Fastify takes an empty declaration for a wrong one; it is none.
    if (headers['content-type']?.trim() === '') delete headers['content-type'];
  });
  fastify.addHook('preParsing', async (request) => {
    if (isWebhook(request)) refuseOtherMedia(request);
  });
}

function refuseOtherMedia({ headers }: FastifyRequest): void {
  const type = headers['content-type'];
  if (type !== undefined && !JSON_TYPE.test(type)) {
    throw new Problem(415, 'The body must be declared as application/json, or not at all.');
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    throw new Problem(415, 'The body must come without a Content-Encoding.');
  }
}
