import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { createApp } from './app.js';
import { BadEnvironment, type Config, readConfig } from './config.js';
import { DatabaseService } from './database/database.service.js';
import { startEmbeddedServer } from './database/embedded-server.js';
import { prepareDatabase } from './database/prepare.js';
import { greeting } from './greeting.js';
import { createLogger } from './logging.js';

/** Milliseconds for what was accepted to be answered after a signal; then the connections are cut. */
const GRACE = 10_000;

/** Says why the start ends, to people on standard output and to machines in the log. */
function giveUp(logger: Logger, sentences: string[]): never {
  for (const sentence of sentences) {
    process.stdout.write(`${sentence}\n`);
    logger.fatal(sentence);
  }
  process.exit(1);
}

function readConfigOrGiveUp(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    return giveUp(createLogger('info'), error instanceof BadEnvironment ? error.sentences : [String(error)]);
  }
}

async function start(config: Config, logger: Logger): Promise<void> {
  const cleanUp: (() => Promise<unknown>)[] = [];
  const stopping = new AbortController();
  const stop = async (): Promise<void> => {
    // Ctrl-C reaches npm and us, and npm hands it on: the second signal is the first one again.
    if (stopping.signal.aborted) return;
    stopping.abort();
    logger.info('stopping: answering what was accepted');
    for (const step of cleanUp.reverse())
      await step().catch((error) => logger.error({ err: error }, 'stopping failed'));
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  let databaseUrl = config.databaseUrl;
  if (databaseUrl === null) {
    const server = await startEmbeddedServer({
      dataDir: config.dataDir,
      signal: stopping.signal,
      onEvent: (message, details) => logger.info({ ...details }, message),
    });
    cleanUp.push(() => server.stop());
    databaseUrl = server.url;
  }
  if (stopping.signal.aborted) return;

  const app = await createApp(config, databaseUrl, logger);
  cleanUp.push(async () => {
    const timer = setTimeout(() => app.getHttpServer().closeAllConnections(), GRACE);
    await app.close();
    clearTimeout(timer);
  });
  await app.listen(config.port, config.host);
  const { port } = app.getHttpServer().address() as AddressInfo;

  const keys = await prepareDatabase(app.get(DatabaseService), config, logger, stopping.signal);
  if (keys === null) return;
  process.stdout.write(greeting(config.host, port, keys));
  logger.info({ port }, 'ready');
}

const config = readConfigOrGiveUp();
const logger = createLogger(config.logLevel);
start(config, logger).catch((error: unknown) => {
  logger.fatal({ err: error }, 'the start failed');
  giveUp(logger, [reasonOf(error)]);
});

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Convoledger could not start.';
  if ('code' in error && error.code === 'EADDRINUSE') {
    return `The port ${config.port} is in use by another program. Stop it, or set PORT to another one (0 picks a free one).`;
  }
  return 'code' in error ? `Convoledger could not start (${String(error.code)}).` : error.message;
}
