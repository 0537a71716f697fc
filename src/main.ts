import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import type { Logger } from 'pino';
import { createApp } from './app.js';
import { BadEnvironment, type Config, readConfig } from './config.js';
import { SignInLinks } from './console/sign-in-links.js';
import { DatabaseService } from './database/database.service.js';
import { DiskSpace } from './database/disk-space.js';
import { startEmbeddedServer } from './database/embedded-server.js';
import { explainFailure } from './database/explain-failure.js';
import { prepareDatabase } from './database/prepare.js';
import { waitForDatabase } from './database/wait-for-database.js';
import { unavailable } from './errors/problem.js';
import { greeting, heading } from './greeting.js';
import { createLogger } from './logging.js';
import { patiently, untilFree, watchNpm } from './operation/predecessor.js';
import { reportEarlierSessions } from './repair/earlier-sessions.js';
import { oldRulesWarning, TZDATA } from './time/tzdata.js';
import { WriterService } from './webhook/writer.service.js';

// V8 lets garbage grow to several times what is in use. With a third of it the application takes 240 MB under full load
// instead of 300 to 360, for 5 % more of its CPU time.
setFlagsFromString('--heap-growing-percent=30');

/** Milliseconds from a signal to the end of the process, whatever hangs; ten seconds are promised. */
const STOP_MS = 9_500;
/** Milliseconds of them that an unfinished start may take to give up, and that the embedded database has at least. */
const GIVE_UP_MS = 1_500;
const DATABASE_STOP_MS = 2_500;

/** What has to be ended again, in the order it was begun. Each is told how many milliseconds are left. */
type CleanUp = ((msLeft: number) => Promise<unknown>)[];

async function start(config: Config, logger: Logger, signal: AbortSignal, cleanUp: CleanUp): Promise<void> {
  const target = config.databaseUrl ?? config.dataDir;
  const tell = (sentence: string) => process.stdout.write(`${sentence}\n`);
  tell(heading(target));
  const warning = oldRulesWarning(TZDATA, new Date());
  if (warning !== null) {
    tell(warning);
    logger.warn(warning);
  }
  let databaseUrl = config.databaseUrl;
  if (databaseUrl === null) {
    const onEvent = (message: string, details?: object) => logger.info(details ?? {}, message);
    const server = await patiently(
      () => startEmbeddedServer({ dataDir: config.dataDir, signal, onEvent }),
      signal,
    );
    cleanUp.push(server.stop);
    databaseUrl = server.url;
  }
  const app = await createApp(config, databaseUrl, logger);
  cleanUp.push((msLeft) => within(app.close(), msLeft - DATABASE_STOP_MS));
  await untilFree(config.host, config.port);
  signal.throwIfAborted();
  await app.listen(config.port, config.host);
  const { port } = app.getHttpServer().address() as AddressInfo;

  const keys = await prepareDatabase(app.get(DatabaseService), config, logger, signal, tell);
  if (keys === null) return;
  await reportEarlierSessions(app.get(DatabaseService).pool, databaseUrl, (sentence) => {
    tell(sentence);
    logger.warn(sentence);
  }).catch((error: unknown) =>
    logger.warn({ err: error }, 'what earlier versions stored could not be looked at; the next start does'),
  );
  // On the connection that deliveries go through: whoever reads "ready" sends at once.
  const canStore = async () => {
    const { low } = app.get(DiskSpace);
    if (low !== null) throw unavailable(low);
    await app.get(WriterService).prove();
    return true;
  };
  if ((await waitForDatabase(canStore, { target, logger, signal, tell })) === null) return;
  const code = keys.isFirstStart ? await app.get(SignInLinks).make() : null;
  process.stdout.write(greeting(config.host, port, keys, code));
  logger.info({ port }, 'ready');
}

async function run(config: Config, logger: Logger): Promise<void> {
  logger.info({ tzdata: TZDATA, node: process.versions.node }, 'starting');
  const cleanUp: CleanUp = [];
  const stopping = new AbortController();
  const end = async (code: number, deadline = Date.now() + STOP_MS): Promise<never> => {
    for (const step of cleanUp.reverse()) {
      await step(deadline - Date.now()).catch((error: unknown) =>
        logger.error({ err: error }, 'stopping failed'),
      );
    }
    process.exit(code);
  };
  // Ctrl-C reaches npm and us, and npm hands it on: a second signal is the first one again.
  const stop = async (): Promise<void> => {
    if (stopping.signal.aborted) return;
    const deadline = Date.now() + STOP_MS;
    // Nothing that was acknowledged depends on a tidy end, and an embedded database stops by itself after ours.
    setTimeout(() => process.exit(0), STOP_MS);
    logger.info('stopping: answering what was accepted');
    stopping.abort(new Error('stopped'));
    await within(started, GIVE_UP_MS).catch(() => {});
    await end(0, deadline);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  watchNpm(stop);

  const started = start(config, logger, stopping.signal, cleanUp).catch(async (error: unknown) => {
    if (stopping.signal.aborted) return;
    logger.error({ err: error }, 'the start failed');
    sayWhy(logger, [reasonOf(error, config)]);
    await end(1);
  });
}

/** @throws where it takes longer; it goes on then, and nobody waits for it */
async function within(work: Promise<unknown>, ms: number): Promise<void> {
  const late = new AbortController();
  const timeout = sleep(ms, undefined, { signal: late.signal }).then(() => {
    throw new Error(`not done after ${ms} ms`);
  });
  await Promise.race([work, timeout]).finally(() => late.abort());
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
  const reason = explainFailure(error, config.databaseUrl ?? config.dataDir);
  if (reason !== null) return reason;
  const code = 'code' in error ? String(error.code) : undefined;
  if (code === 'EADDRINUSE') {
    return `The port ${config.port} is in use by another program. Stop it, or set PORT to another one (0 picks a free one).`;
  }
  const { syscall } = error as NodeJS.ErrnoException;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || (code === 'EACCES' && syscall === 'listen'))
    return 'The address of HOST and PORT cannot be listened on by this user on this machine.';
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
