import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isWebhook } from './errors/error.filter.js';
import { Problem } from './errors/problem.js';

/** `application/json`, `text/json` and `application/…+json`, with or without parameters. */
const JSON_TYPE = /^\s*(application|text)\/([^;\s]+\+)?json\s*(;|$)/i;

/** Levels of a body of the administration; none needs more than three. */
const MOST_LEVELS = 16;

/**
 * Hands the webhook its bodies as bytes, since what was sent is kept whatever it turns out to be, and the other lanes
 * theirs as parsed JSON. What says of itself that it is no plain JSON is refused before it is read; a body that declares
 * no type at all counts as JSON.
 */
export function registerBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) =>
    isWebhook(request) ? body : parseBody(body),
  );
  fastify.addHook('onRequest', ({ headers }, _reply, done) => {
    // Fastify takes an empty declaration for a wrong one; it is none.
    if (headers['content-type']?.trim() === '') delete headers['content-type'];
    done();
  });
  fastify.addHook('preParsing', async (request, reply) => {
    if (request.method === 'GET' || request.method === 'HEAD') return;
    const problem = announcedProblem(request);
    if (problem) throw problem;
    if (request.headers.expect !== undefined) reply.raw.writeContinue();
  });
  // Node would invite the body at once; here that waits until it is known who sends it.
  fastify.server.on('checkContinue', (request, response) =>
    fastify.server.emit('request', request, response),
  );
}

function parseBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  const parsed = parse(body);
  // What transforms and validates calls itself for each level, and would run out of stack.
  if (isDeeper(parsed, MOST_LEVELS))
    throw new Problem(400, `The body is nested more than ${MOST_LEVELS} levels deep.`);
  return parsed;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new Problem(400, 'The body is not JSON.', [{ field: 'body', problem: 'must be a JSON object' }]);
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  let level = [value];
  for (let depth = 0; depth <= levels; depth++) {
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
    if (level.length === 0) return false;
  }
  return true;
}

/** What is wrong with a body by what its headers say of it. */
function announcedProblem({ headers, routeOptions }: FastifyRequest): Problem | null {
  const type = headers['content-type'];
  if (type !== undefined && !JSON_TYPE.test(type))
    return new Problem(415, 'The body must be declared as application/json, or not at all.');
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity')
    return new Problem(415, 'The body must come without a Content-Encoding.');
  // Fastify would close the connection over it, so that who is still sending never reads the answer.
  if (Number(headers['content-length']) > routeOptions.bodyLimit!)
    return new Problem(413, 'The body is larger than this server accepts.');
  return null;
}

/** Whether the headers leave nothing to refuse a request for, so that its body will be read. */
export const isPlain = (request: FastifyRequest): boolean =>
  request.headers['content-length'] !== undefined &&
  !request.url.includes('?') &&
  announcedProblem(request) === null;
