import type { FastifyServerOptions } from 'fastify';
import type { Config } from '../config.js';

/**
 * What Fastify is to believe of X-Forwarded-For and -Proto. A number of proxies is given to it as a function: since a
 * number alone says nothing of who connects, Fastify takes one to mean nobody. Where the operator counts, nobody but the
 * first proxy may reach the port.
 */
export function trustedProxies(trust: Config['trustProxy']): FastifyServerOptions['trustProxy'] {
  if (typeof trust !== 'number') return trust;
  return (_address: string, hop: number) => hop < trust;
}
