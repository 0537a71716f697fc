import type { SecurityHeadersOptions } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { ADDRESS_LENGTH } from './limits.js';
import { tooLong } from './malformed.js';

const POLICY = {
  defaultSrc: "'none'",
  scriptSrc: "'self'",
  styleSrc: "'self'",
  imgSrc: ["'self'", 'data:'],
  fontSrc: "'self'",
  connectSrc: "'self'",
  baseUri: "'none'",
  formAction: "'none'",
  frameAncestors: "'none'",
};

/** What every answer tells a browser: run and load nothing but our own files, and tell nobody where you came from. */
export const SECURITY_HEADERS: SecurityHeadersOptions = {
  contentSecurityPolicy: { useDefaults: false, directives: POLICY },
  xFrameOptions: { action: 'deny' },
  // Said by the hook, and only where a browser came through TLS.
  strictTransportSecurity: false,
  // For browsers and plug-ins of the past; each answer to a sender would carry them too.
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xDnsPrefetchControl: false,
  xXssProtection: false,
  originAgentCluster: false,
};

/** The API's documentation brings style elements of its own; scripts stay those of files. */
const POLICY_OF_DOCS = Object.entries({ ...POLICY, styleSrc: ["'self'", "'unsafe-inline'"] })
  .map(
    ([name, value]) =>
      `${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${[value].flat().join(' ')}`,
  )
  .join(';');

/** The part of the edge that depends on the request: TLS in front of us, the documentation, and addresses that are too long. */
export function registerEdge(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.protocol === 'https') reply.header('strict-transport-security', 'max-age=31536000');
    if (/^\/docs(\/|\?|$)/.test(request.url)) reply.header('content-security-policy', POLICY_OF_DOCS);
    done(request.url.length > ADDRESS_LENGTH ? tooLong() : undefined);
  });
}
