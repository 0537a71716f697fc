import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isWebhook } from './errors/error.filter.js';
import { Problem } from './errors/problem.js';
import { withoutTextMarks } from './text-mark.js';

/** `application/json`, `text/json` and `application/…+json`, with or without parameters. */
const JSON_TYPE = /^\s*(application|text)\/([^;\s]+\+)?json\s*(;|$)/i;

/** JSON white space, or an empty object in it. */
const SAYS_NOTHING = /^[ \t\r\n]*(\{[ \t\r\n]*\}[ \t\r\n]*)?$/;

const IS_BLANK = /^[ \t\r\n]*$/;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set on the routes whose handler reads a body. */
    takesBody?: boolean;
  }
}

/** Levels of a body of the administration; none needs more than three. */
const MOST_LEVELS = 16;

/**
 * Hands the webhook its bodies as bytes, since what was sent is kept whatever it turns out to be, and the other lanes
 * theirs as parsed JSON. What says of itself that it is no plain JSON is refused before it is read; a body that declares
 * no type at all counts as JSON.
 *
 * A route of the API that takes no body refuses one: a caller who put `{"agent":"sales"}` there would otherwise get an
 * answer about something else. Fastify does not look at the body of a GET unless it is told that the method has one.
 */
export function registerBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) =>
    isWebhook(request) || !takesBody(request) ? body : parseBody(body),
  );
  for (const method of ['GET', 'HEAD'])
    fastify.addHttpMethod(method, { hasBody: true, overrideExisting: true });
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { headers } = request;
    // Fastify takes an empty declaration for a wrong one; it is none. Where no body is taken, its type says nothing.
    if (headers['content-type']?.trim() === '' || !takesBody(request)) delete headers['content-type'];
    // A body for the page, the health check and the like is not read: Node discards it after the answer.
    if (!takesBody(request) && !isOfApi(request)) {
      delete headers['content-length'];
      delete headers['transfer-encoding'];
    }
    done();
  });
  fastify.addHook('preParsing', async (request, reply) => {
    if (!announcesBody(request)) return;
    const problem = takesBody(request) ? announcedProblem(request) : tooLarge(request);
    if (problem) throw problem;
    if (request.headers.expect !== undefined) reply.raw.writeContinue();
  });
  // Not in the parser: Fastify closes the connection over what a parser throws, and this body was read to its end.
  fastify.addHook('preValidation', async (request) => {
    if (takesBody(request) || !Buffer.isBuffer(request.body)) return;
    if (!SAYS_NOTHING.test(withoutTextMarks(request.body.toString())))
      throw new Problem(400, 'This address takes no body with this method.', [
        { field: 'body', problem: 'must be left out: what it asks for would be ignored' },
      ]);
    request.body = undefined;
  });
  // Node would invite the body at once; here that waits until it is known who sends it.
  fastify.server.on('checkContinue', (request, response) =>
    fastify.server.emit('request', request, response),
  );
}

const takesBody = (request: FastifyRequest): boolean =>
  isWebhook(request) || request.routeOptions.config.takesBody === true;

const isOfApi = (request: FastifyRequest): boolean => request.routeOptions.url?.startsWith('/v1/') === true;

const announcesBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

function parseBody(body: Buffer): unknown {
  const text = decode(body);
  if (IS_BLANK.test(text)) return undefined;
  // What follows, here and in the validation, recurses, and would run out of stack.
  if (isDeeper(parse(text), MOST_LEVELS))
    throw new Problem(400, `The body is nested more than ${MOST_LEVELS} levels deep.`);
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'string' ? withoutTextMarks(value) : value,
  );
}

/** Decodes a body and strips the byte order marks around it. Invalid UTF-8 is refused: decoding would replace bytes silently. */
function decode(body: Buffer): string {
  try {
    return withoutTextMarks(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new Problem(400, 'The body is not UTF-8.', [
      { field: 'body', problem: 'must be encoded in UTF-8' },
    ]);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
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
function announcedProblem(request: FastifyRequest): Problem | null {
  const { headers } = request;
  const type = headers['content-type'];
  if (type !== undefined && !JSON_TYPE.test(type))
    return new Problem(415, 'The body must be declared as application/json, or not at all.');
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && !['', 'identity'].includes(encoding.trim().toLowerCase()))
    return new Problem(415, 'The body must come without a Content-Encoding.');
  return tooLarge(request);
}

/** Fastify would close the connection over it, so that who is still sending never reads the answer. */
function tooLarge({ headers, routeOptions }: FastifyRequest): Problem | null {
  if (Number(headers['content-length']) > routeOptions.bodyLimit!)
    return new Problem(413, 'The body is larger than this server accepts.');
  return null;
}

/** Whether the headers leave nothing to refuse a request for, so that its body will be read. */
export const isPlain = (request: FastifyRequest): boolean =>
  request.headers['content-length'] !== undefined &&
  !request.url.includes('?') &&
  announcedProblem(request) === null;
