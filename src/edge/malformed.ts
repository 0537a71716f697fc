import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import { answerProblem, problemDetails } from '../errors/error.filter.js';
import { Problem } from '../errors/problem.js';

/** Answers what never became a request: no parser got to the end of it, so it has no lane. Says nothing of what was sent. */
export function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOf(error.code);
  const status = problem.getStatus();
  const body = JSON.stringify(problemDetails(problem));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    // The rest of what is being sent is nobody's.
    () => socket.destroy(),
  );
}

function problemOf(code: string | undefined): Problem {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Problem(408, 'The request did not arrive in time.');
  if (code === 'HPE_HEADER_OVERFLOW')
    return new Problem(431, 'The address and the headers together are too long.');
  return new Problem(400, 'This is not a request that HTTP/1.1 knows.');
}

/** Answers an address that the router could not read, before any hook. Its own message would quote the address, and with it a token. */
export function answerBadAddress(code: string, url: string | undefined, reply: FastifyReply): void {
  const problem =
    code === 'FST_ERR_MAX_PARAM_LENGTH'
      ? tooLong()
      : new Problem(400, 'The address is not a valid URL: its percent-encoding must be that of UTF-8.');
  const lane = /^\/webhook(\/|\?|$)/.test(url ?? '') ? 'webhook' : 'v1';
  // The hooks that say this of every other answer did not run.
  reply.headers({ 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'" });
  answerProblem(reply, problem, lane);
}

export const tooLong = () => new Problem(414, 'The address is too long.');
