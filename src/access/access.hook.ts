import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isWebhook } from '../errors/error.filter.js';
import { Problem, unavailable } from '../errors/problem.js';
import { hasScope } from './access.js';
import type { Key, KeysService } from './keys.service.js';
import { presentedTokens } from './token.js';

/**
 * Decides 401 and 403 in Fastify's `onRequest` hook, that is before a byte of the body is read. A Nest guard would be
 * too late: it runs after the body was parsed, so that a stranger's bad JSON would be answered 400 instead of 401.
 */
export function registerAccessHook(
  fastify: FastifyInstance,
  keys: () => KeysService,
  isPrepared: () => boolean,
): void {
  fastify.decorateRequest('key', null);

  fastify.addHook('onRoute', (route) => {
    if (!route.config?.access)
      throw new Error(`${route.method} ${route.url} does not declare who may call it.`);
  });

  fastify.addHook('onRequest', async (request: FastifyRequest, _reply: FastifyReply) => {
    const rule = request.routeOptions.config.access;
    if (request.is404 || rule === undefined || rule === 'anyone') return;
    if (!isPrepared()) throw unavailable('The database is not ready yet.');
    const key = await identify(request, keys());
    if (!key) throw unauthorized();
    if (!hasScope(key, rule)) throw new Problem(403, `This key does not have the scope "${rule}".`);
    request.key = key;
  });
}

/** On the webhook lane a token may also be the last part of the path, and it is then the one that counts. */
function identify(request: FastifyRequest, keys: KeysService): Promise<Key | null> {
  if (!isWebhook(request)) return keys.find(presentedTokens(request.headers.authorization));
  const { token } = request.params as { token?: string };
  return keys.findForDelivery(token ? [token] : presentedTokens(request.headers.authorization));
}

export const unauthorized = () =>
  new Problem(401, 'The token is missing, unknown, expired or revoked.', [], {
    'www-authenticate': 'Bearer realm="Convoledger", Basic realm="Convoledger"',
  });
