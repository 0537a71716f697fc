import type { FastifyRequest } from 'fastify';

/** What a proxy adds to a request that it hands on. */
const HANDED_ON = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'via',
  'cf-connecting-ip',
];

/**
 * Whether a request was made on this machine. Behind a proxy on this machine every request comes from it, so one that
 * says in any way that it was handed on does not count, whatever TRUST_PROXY makes of its address.
 */
export function isLocal({ socket, headers }: FastifyRequest): boolean {
  const address = socket.remoteAddress ?? '';
  const isLoopback = /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(address) || address === '::1';
  return isLoopback && HANDED_ON.every((name) => headers[name] === undefined);
}
