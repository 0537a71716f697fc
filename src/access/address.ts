import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/**
 * The address a request came from, as far as TRUST_PROXY lets anyone else than the socket say it. A trusted proxy may
 * hand on what a stranger wrote into X-Forwarded-For: what is no address is not repeated.
 */
export const addressOf = ({ ip }: FastifyRequest): string => (isIP(ip) > 0 ? ip : 'unknown');
