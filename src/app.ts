import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { LogController } from 'fastify';
import { stringify } from 'lossless-json';
import type { Logger } from 'pino';
import { registerAccessHook } from './access/access.hook.js';
import { KeysService } from './access/keys.service.js';
import { AppModule } from './app.module.js';
import { registerBodies } from './bodies.hook.js';
import type { Config } from './config.js';
import { DatabaseService } from './database/database.service.js';
import { watchForOtherMethods } from './errors/method-not-allowed.js';
import { Problem } from './errors/problem.js';
import { nestLogger } from './logging.js';
import { refuseWhileClosing } from './operation/closing.hook.js';
import { registerRequestLog } from './operation/request-log.hook.js';

/** Milliseconds for a whole request to arrive; a slow sender must not hold a connection for ever. */
const REQUEST_TIMEOUT = 30_000;

/** The application as it runs, on any database: `main.ts` and the tests start this and nothing else. */
export async function createApp(
  config: Config,
  databaseUrl: string,
  logger: Logger,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.bodyLimit,
    requestTimeout: REQUEST_TIMEOUT,
    return503OnClosing: false,
    // An id has up to 256 characters, each of up to twelve as "%F0%9F%98%80".
    routerOptions: { maxParamLength: 4_096, ignoreTrailingSlash: true },
  });
  const fastify = adapter.getInstance();
  registerRequestLog(fastify);
  refuseWhileClosing(fastify);
  registerBodies(fastify);
  const refuseOtherMethods = watchForOtherMethods(fastify);
  // Counts, tokens and numbers that were kept as sent may be larger than a double holds exactly.
  fastify.setReplySerializer((payload) => stringify(payload) ?? 'null');

  let app: NestFastifyApplication | undefined;
  const service = <T>(type: new (...args: never[]) => T): T => {
    if (!app) throw new Problem(503, 'The server is starting.');
    return app.get(type);
  };
  registerAccessHook(
    fastify,
    () => service(KeysService),
    () => service(DatabaseService).prepared,
  );
  app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(config, databaseUrl, logger),
    adapter,
    {
      bodyParser: false,
      logger: nestLogger(logger),
      abortOnError: false,
    },
  );
  await app.init();
  refuseOtherMethods();
  return app;
}
