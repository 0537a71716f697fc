import type { FastifyInstance, FastifyRequest } from 'fastify';
import { badRequest } from '../errors/problem.js';
import { INSTANT } from '../query/time/range.js';
import { cutToMillisecond } from '../query/usage/as-of.js';
import type { RecordedBy } from './recorded-by.service.js';

export const RECORDED_BY_HEADER = 'convoledger-recorded-by';
/** How the header is written where people read it. */
export const RECORDED_BY = 'Convoledger-Recorded-By';

/** Milliseconds that an instant may be ahead of the database's clock; clocks that differ by more are set wrong. */
const MAX_AHEAD_MS = 60_000;

declare module 'fastify' {
  interface FastifyRequest {
    /** Everything that was recorded by `instant` is in the answer; with `includesChange` also what the request itself did. */
    recordedBy: { instant: Date; includesChange: boolean } | null;
  }
}

/**
 * Says in every answer of `/v1` that shows what is there, or that it is not, by which instant everything recorded is in it.
 * The instant is looked up before the handler reads anything, so that it holds for all that it reads; after a change it is
 * looked up again. A caller that sends the header back is answered as of that instant or later.
 * @param service null until the database is prepared
 */
export function registerRecordedBy(fastify: FastifyInstance, service: () => RecordedBy | null): void {
  fastify.decorateRequest('recordedBy', null);

  fastify.addHook('preHandler', (request, _reply, done) => {
    if (!isOfApi(request)) return done();
    lookUp(request, service()).then(() => done(), done);
  });

  fastify.addHook('onSend', (request, reply, payload, done) => {
    const { statusCode } = reply;
    const isSuccess = statusCode >= 200 && statusCode < 300;
    if (request.recordedBy === null || !(isSuccess || statusCode === 404 || statusCode === 410))
      return done(null, payload);
    const send = (instant: Date) => {
      reply.header(RECORDED_BY_HEADER, instant.toISOString());
      done(null, payload);
    };
    const { instant, includesChange } = request.recordedBy;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead || !isSuccess || includesChange) return send(instant);
    service()!.afterChange().then(send, done);
  });
}

/** Also of an address below `/v1` where nothing is, which is answered 404. */
const isOfApi = (request: FastifyRequest): boolean =>
  (request.routeOptions.url ?? request.url).startsWith('/v1/');

async function lookUp(request: FastifyRequest, service: RecordedBy | null): Promise<void> {
  const asked = request.headers[RECORDED_BY_HEADER];
  if (service === null) return;
  // An address where nothing is needs no database to be answered.
  if (request.is404) {
    const instant = await service.current().catch(() => null);
    if (instant) request.recordedBy = { instant, includesChange: false };
    return;
  }
  const instant = asked === undefined ? await service.current() : await reach(service, String(asked));
  request.recordedBy = { instant, includesChange: false };
}

function reach(service: RecordedBy, asked: string): Promise<Date> {
  return service.reach(readHeader(asked), (aheadMs) => {
    if (aheadMs > MAX_AHEAD_MS)
      throw badRequest(
        RECORDED_BY,
        'must be an instant of an earlier answer, at most 60 s ahead of the clock',
      );
  });
}

/** @throws 400 */
function readHeader(text: string): Date {
  try {
    if (INSTANT.test(text)) return cutToMillisecond(text);
  } catch {
    // A day that the calendar does not have.
  }
  throw badRequest(RECORDED_BY, 'must be one RFC 3339 instant, such as 2026-10-03T04:02:03.000Z');
}
