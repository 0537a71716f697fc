import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyHttpOptions, LogController, type RawServerDefault } from 'fastify';
import { stringify } from 'lossless-json';
import type { Logger } from 'pino';
import { registerAccessHook } from './access/access.hook.js';
import { KeysService } from './access/keys.service.js';
import { RefusalsService } from './access/refusals.service.js';
import { SessionsService } from './access/sessions.service.js';
import { AppModule } from './app.module.js';
import { registerBodies } from './bodies.hook.js';
import type { Config } from './config.js';
import { DatabaseService } from './database/database.service.js';
import { registerCompression } from './edge/compression.js';
import { corsFor } from './edge/cors.js';
import { registerEdge, SECURITY_HEADERS } from './edge/headers.hook.js';
import {
  CHECK_EVERY,
  CONNECTIONS,
  HEADER_BYTES,
  HEADERS_TIMEOUT,
  KEEP_ALIVE,
  REQUEST_TIMEOUT,
} from './edge/limits.js';
import { answerBadAddress, answerMalformed } from './edge/malformed.js';
import { trustedProxies } from './edge/trusted-proxies.js';
import { watchForOtherMethods } from './errors/method-not-allowed.js';
import { Problem } from './errors/problem.js';
import { registerQueryStringCheck } from './errors/query-string.hook.js';
import { nestLogger } from './logging.js';
import { Metrics } from './metrics/metrics.js';
import { OpenApiService } from './openapi/openapi.service.js';
import { closeInOrder } from './operation/closing.hook.js';
import { registerRequestLog } from './operation/request-log.hook.js';
import { registerRequestMetrics } from './operation/request-metrics.hook.js';
import { registerRecordedBy } from './recorded-by/recorded-by.hook.js';
import { RecordedBy } from './recorded-by/recorded-by.service.js';

/** The application as it runs, on any database: `main.ts` and the tests start this and nothing else. */
export async function createApp(
  config: Config,
  databaseUrl: string,
  logger: Logger,
): Promise<NestFastifyApplication> {
  const options: FastifyHttpOptions<RawServerDefault> = {
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.bodyLimit,
    http: {
      maxHeaderSize: HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT,
      connectionsCheckingInterval: CHECK_EVERY,
    },
    requestTimeout: REQUEST_TIMEOUT,
    keepAliveTimeout: KEEP_ALIVE,
    trustProxy: trustedProxies(config.trustProxy),
    clientErrorHandler: answerMalformed,
    frameworkErrors: (error, request, reply) => answerBadAddress(error.code, request.raw.url, reply),
    return503OnClosing: false,
    // An id has up to 256 characters, each of up to twelve as "%F0%9F%98%80".
    routerOptions: { maxParamLength: 4_096, ignoreTrailingSlash: true },
  };
  const adapter = new FastifyAdapter(options);
  const fastify = adapter.getInstance();
  adapter.getHttpServer().maxConnections = CONNECTIONS;
  closeInOrder(fastify);
  registerRequestLog(fastify);
  const metrics = new Metrics();
  registerRequestMetrics(fastify, metrics);
  registerEdge(fastify);
  registerBodies(fastify);
  const refuseOtherMethods = watchForOtherMethods(fastify);
  // Counts, tokens and numbers that were kept as sent may be larger than a double holds exactly.
  fastify.setReplySerializer((payload) => stringify(payload) ?? 'null');

  let app: NestFastifyApplication | undefined;
  const service = <T>(type: new (...args: never[]) => T): T => {
    if (!app) throw new Problem(503, 'The server is starting.');
    return app.get(type);
  };
  registerAccessHook(fastify, () => ({
    keys: service(KeysService),
    refusals: service(RefusalsService),
    sessions: service(SessionsService),
    isPrepared: service(DatabaseService).prepared,
  }));
  registerQueryStringCheck(fastify);
  registerRecordedBy(fastify, () => (service(DatabaseService).prepared ? service(RecordedBy) : null));
  await registerCompression(fastify);
  app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(config, databaseUrl, logger, metrics),
    adapter,
    {
      bodyParser: false,
      logger: nestLogger(logger),
      abortOnError: false,
    },
  );
  app.useSecurityHeaders(SECURITY_HEADERS);
  if (config.corsOrigins.length > 0) app.enableCors(corsFor(config.corsOrigins));
  await app.init();
  refuseOtherMethods();
  app.get(OpenApiService).describe(app);
  return app;
}
