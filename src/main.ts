import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { createApp } from './app.js';
import { BadEnvironment, type Config, readConfig } from './config.js';
import { SignInLinks } from './console/sign-in-links.js';
import { DatabaseService } from './database/database.service.js';
import { startEmbeddedServer } from './database/embedded-server.js';
import { prepareDatabase } from './database/prepare.js';
import { greeting } from './greeting.js';
import { createLogger } from './logging.js';

/** Milliseconds for what was accepted to be answered after a signal; then the connections are cut. */
const GRACE = 10_000;
/** Milliseconds between two looks for connections that were answered meanwhile. */
const SWEEP_EVERY = 50;

/** What has to be ended again, in the order it was begun. */
type CleanUp = (() => Promise<unknown>)[];

async function start(config: Config, logger: Logger, signal: AbortSignal, cleanUp: CleanUp): Promise<void> {
  let databaseUrl = config.databaseUrl;
  if (databaseUrl === null) {
    const server = await startEmbeddedServer({
      dataDir: config.dataDir,
      signal,
      onEvent: (message, details) => logger.info(details ?? {}, message),
    });
    cleanUp.push(server.stop);
    databaseUrl = server.url;
  }
  const app = await createApp(config, databaseUrl, logger);
  cleanUp.push(async () => {
    const server = app.getHttpServer();
    const timer = setTimeout(() => server.closeAllConnections(), GRACE);
    // Closing ends the connections that are idle then; those that become idle by an answer would be kept for a next request.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_EVERY);
    await app.close();
    clearInterval(sweep);
    clearTimeout(timer);
  });
  signal.throwIfAborted();
  await app.listen(config.port, config.host);
  const { port } = app.getHttpServer().address() as AddressInfo;

  const keys = await prepareDatabase(app.get(DatabaseService), config, logger, signal);
  if (keys === null) return;
  const code = keys.isFirstStart ? await app.get(SignInLinks).make() : null;
  process.stdout.write(greeting(config.host, port, keys, code));
  logger.info({ port }, 'ready');
}

async function run(config: Config, logger: Logger): Promise<void> {
  const cleanUp: CleanUp = [];
  const stopping = new AbortController();
  const end = async (code: number): Promise<never> => {
    for (const step of cleanUp.reverse()) {
      await step().catch((error: unknown) => logger.error({ err: error }, 'stopping failed'));
    }
    process.exit(code);
  };
  // Ctrl-C reaches npm and us, and npm hands it on: a second signal is the first one again.
  const stop = async (): Promise<void> => {
    if (stopping.signal.aborted) return;
    logger.info('stopping: answering what was accepted');
    stopping.abort(new Error('stopped'));
    await started;
    await end(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  const started = start(config, logger, stopping.signal, cleanUp).catch(async (error: unknown) => {
    if (stopping.signal.aborted) return;
    logger.error({ err: error }, 'the start failed');
    sayWhy(logger, [reasonOf(error, config)]);
    await end(1);
  });
}

/** Says why the start ends, to people on standard output and to machines in the log. */
function sayWhy(logger: Logger, sentences: string[]): void {
  for (const sentence of sentences) {
    process.stdout.write(`${sentence}\n`);
    logger.fatal(sentence);
  }
}

function reasonOf(error: unknown, config: Config): string {
  if (!(error instanceof Error)) return 'Convoledger could not start.';
  const code = 'code' in error ? String(error.code) : undefined;
  if (code === 'EADDRINUSE') {
    return `The port ${config.port} is in use by another program. Stop it, or set PORT to another one (0 picks a free one).`;
  }
  if (code === '3D000')
    return 'The database that DATABASE_URL names does not exist on its server. Create it first, with encoding UTF8.';
  if (code === '28P01' || code === '28000')
    return 'The server that DATABASE_URL names does not let this user in.';
  // Messages of the database and of the system may quote what was configured, a password in an address included.
  return code === undefined ? error.message : `Convoledger could not start (${code}).`;
}

try {
  const config = readConfig(process.env);
  await run(config, createLogger(config.logLevel));
} catch (error) {
  if (!(error instanceof BadEnvironment)) throw error;
  sayWhy(createLogger('info'), error.sentences);
  process.exitCode = 1;
}
