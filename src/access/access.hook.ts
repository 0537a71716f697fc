import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isPlain } from '../bodies.hook.js';
import { isWebhook } from '../errors/error.filter.js';
import { Problem, unavailable } from '../errors/problem.js';
import { type AccessRule, hasScope } from './access.js';
import { addressOf } from './address.js';
import type { KeysService } from './keys.service.js';
import { isLocal } from './local.js';
import type { Refusal, RefusalsService } from './refusals.service.js';
import type { SessionsService } from './sessions.service.js';
import { presentedTokens } from './token.js';

/** What the hook asks, once the application has made it. */
interface Gate {
  keys: KeysService;
  refusals: RefusalsService;
  sessions: SessionsService;
  isPrepared: boolean;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route and who may call it, in the order they were made. */
    declaredAccess: { method: string; url: string; access: AccessRule; agentParameter: string | undefined }[];
  }
}

/**
 * Decides 401 and 403 in Fastify's `onRequest` hook, that is before a byte of the body is read. A Nest guard would be
 * too late: it runs after the body was parsed, so that a stranger's bad JSON would be answered 400 instead of 401.
 */
export function registerAccessHook(fastify: FastifyInstance, gate: () => Gate): void {
  fastify.decorateRequest('key', null);
  fastify.decorate('declaredAccess', []);

  fastify.addHook('onRoute', (route) => {
    const { method, url } = route;
    // The one route that we do not make: where CORS is on, its plug-in answers preflights, which carry no token.
    if (url === '*' && method === 'OPTIONS') route.config = { ...route.config, access: 'anyone' };
    const access = route.config?.access;
    if (!access) throw new Error(`${method} ${url} does not declare who may call it.`);
    if (route.config?.isRefusal) return;
    const { agentParameter } = route.config ?? {};
    for (const name of [method].flat())
      fastify.declaredAccess.push({ method: name, url, access, agentParameter });
  });

  fastify.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const { access: rule, agentParameter } = request.routeOptions.config;
    if (request.is404 || rule === undefined || rule === 'anyone') return;
    const isForAllAgents = rule === 'read-or-local';
    // A caller on this machine that presents a token is judged by it like any other.
    if (isForAllAgents && isLocal(request) && request.headers.authorization === undefined) return;
    const scope = isForAllAgents ? 'read' : rule;
    // What only some may see must not be kept on the way to them, or in their browser.
    reply.header('cache-control', 'no-store');
    const { keys, refusals, sessions, isPrepared } = gate();
    if (!isPrepared) throw unavailable('The database is not ready yet.');
    const { tokens, refusal } = presentedBy(request);
    const isDelivery = refusal.lane === 'webhook' && isPlain(request);
    const found = isDelivery ? keys.findForDelivery(tokens) : keys.find(tokens);
    const key = (await found) ?? (await sessions.find(request));
    if (!key) throw await refusals.refuse(refusal);
    if (!hasScope(key, scope)) throw new Problem(403, `This key does not have the scope "${scope}".`);
    if (key.agentId !== null) {
      if (isForAllAgents) throw new Problem(403, 'This key is of one agent, and this address tells of all.');
      const named = agentParameter && (request.params as Record<string, string>)[agentParameter];
      if (named && named !== key.agentId) throw new Problem(403, 'This key is of another agent.');
    }
    request.key = key;
  });
}

/** On the webhook lane a token may also be the last part of the path, and it is then the one that counts. */
function presentedBy(request: FastifyRequest): { tokens: string[]; refusal: Refusal } {
  const { authorization } = request.headers;
  const lane = isWebhook(request) ? 'webhook' : 'v1';
  const address = addressOf(request);
  const { token } = request.params as { token?: string };
  if (lane === 'webhook' && token) return { tokens: [token], refusal: { lane, address, presented: 'path' } };
  return {
    tokens: presentedTokens(authorization),
    refusal: { lane, address, presented: authorization === undefined ? 'nothing' : 'header' },
  };
}
