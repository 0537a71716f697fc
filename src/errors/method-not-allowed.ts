import { METHODS as NODE_METHODS } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { Problem } from './problem.js';

/** Every method that Node parses except CONNECT, which asks for a tunnel and never reaches a route. */
const METHODS = NODE_METHODS.filter((method) => method !== 'CONNECT');

/**
 * Fastify answers 404 where an address exists but not with this method; 405 with `Allow` says what is wrong.
 * @returns what to call when all routes are there.
 */
export function watchForOtherMethods(fastify: FastifyInstance): () => void {
  const allowed = new Map<string, Set<string>>();
  let adding = false;
  fastify.addHook('onRoute', ({ url, method }) => {
    // "*" is no address but every address, and what is nowhere else is 404.
    if (adding || url === '*') return;
    const methods = allowed.get(url) ?? new Set();
    for (const name of [method].flat()) methods.add(name);
    allowed.set(url, methods);
  });
  return () => {
    adding = true;
    for (const method of METHODS)
      if (!fastify.supportedMethods.includes(method)) fastify.addHttpMethod(method, { hasBody: true });
    for (const [url, methods] of allowed) {
      const others = METHODS.filter((method) => !methods.has(method));
      const allow = [...methods].sort().join(', ');
      fastify.route({
        method: others,
        url,
        config: { access: 'anyone', isRefusal: true },
        // Before the body is read: whatever it is, it is not for this address.
        onRequest: async () => {
          throw new Problem(405, `This address answers ${allow} only.`, [], { allow });
        },
        handler: () => {},
      });
    }
  };
}
