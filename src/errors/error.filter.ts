import { STATUS_CODES } from 'node:http';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isDatabaseAway, reasonOfAbsence } from './database-away.js';
import { Problem, unavailable } from './problem.js';

/** Turns whatever was thrown, by hooks, parsers, guards or handlers, into the error shape of the lane that was asked. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = isCutOff(request) ? cutOff(request) : asProblem(thrown);
    if (problem.getStatus() === 503) {
      // An outage is told once by whoever has the connection; a stack for each request of that time says no more.
      const reason = isDatabaseAway(thrown) ? reasonOfAbsence(thrown) : problem.detail;
      request.log.warn({ reason }, 'request could not be answered now');
    } else if (problem.getStatus() >= 500) request.log.error({ err: thrown }, 'request failed');
    if (!reply.sent) answerProblem(reply, problem, isWebhook(request) ? 'webhook' : 'v1');
  }
}

/** Answers in the error shape of the lane that was asked. */
export function answerProblem(reply: FastifyReply, problem: Problem, lane: 'webhook' | 'v1'): void {
  // Of a stream that broke before its first byte: it was to be compressed, and this is not the stream.
  reply.removeHeader('content-encoding');
  reply.status(problem.getStatus()).headers(problem.headers);
  if (lane === 'webhook') reply.type('application/json').send(webhookError(problem));
  else reply.type('application/problem+json').send(problemDetails(problem));
}

/**
 * Decided by the route that was found and not by the address as it was written, which has many spellings
 * (`/%77ebhook`, `http://host/webhook`); only where no route was found, the address is all there is.
 */
export const isWebhook = (request: FastifyRequest) =>
  /^\/webhook(\/|\?|$)/.test(request.routeOptions.url ?? request.url);

/** The shape that the sender documents for its own answers, with what is wrong. */
function webhookError(problem: Problem): object {
  return { code: problem.getStatus(), msg: problem.detail, ...problem.extra, errors: problem.errors };
}

/** RFC 9457. `type` stays about:blank: the status says what kind of problem it is, `errors` where. */
export function problemDetails(problem: Problem): object {
  const status = problem.getStatus();
  const title = STATUS_CODES[status] ?? 'Error';
  return {
    type: 'about:blank',
    title,
    status,
    detail: problem.detail,
    ...problem.extra,
    errors: problem.errors,
  };
}

/** Whether the caller hung up in the middle of the body. Nobody reads the answer, and nothing here went wrong. */
const isCutOff = ({ raw }: FastifyRequest): boolean => raw.errored !== null && !raw.complete;

function cutOff(request: FastifyRequest): Problem {
  // Fastify calls no onResponse hook for it, so this is its only line.
  const { method, routeOptions } = request;
  request.log.info(
    { method, route: routeOptions.url ?? null },
    'the caller hung up in the middle of the body',
  );
  return new Problem(400, 'The connection ended before the body did.');
}

function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new Problem(415, 'The body must be application/json.');
  if (code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH') {
    return new Problem(400, 'The body was not as long as its Content-Length.');
  }
  if (isDatabaseAway(thrown)) return unavailable('The database cannot answer now.');
  const status = statusOf(thrown);
  if (status === 413) return new Problem(413, 'The body is larger than this server accepts.');
  if (status === 404) return new Problem(404, 'There is nothing at this address.');
  if (status >= 400 && status < 500) return new Problem(status, `${STATUS_CODES[status] ?? 'Bad request'}.`);
  return new Problem(status === 503 ? 503 : 500, 'Something went wrong here. It has been logged.');
}

function statusOf(thrown: unknown): number {
  if (thrown instanceof HttpException) return thrown.getStatus();
  const status = thrown instanceof Error && 'statusCode' in thrown ? Number(thrown.statusCode) : 500;
  return status >= 400 && status < 600 ? status : 500;
}
