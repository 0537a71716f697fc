import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import type { LogLevel } from './config.js';

/**
 * JSON lines on standard error, or lines for people where that is a terminal. Nothing that is logged may hold a token or a message's text: request lines name the
 * route pattern and never the address, and errors of the database are reduced to their code.
 */
export function createLogger(
  level: LogLevel,
  stream: DestinationStream = standardError(process.stderr.isTTY ?? false, process.env.NO_COLOR),
): Logger {
  return pino({ level, base: undefined, serializers: { err: describeError } }, stream);
}

/** @param noColor the variable by which people say that they want no colours: any value but an empty one counts */
function standardError(isTerminal: boolean, noColor: string | undefined): DestinationStream {
  const stream = destination({ dest: 2, sync: true });
  if (!isTerminal) return stream;
  return pretty({
    destination: stream,
    sync: true,
    colorize: !noColor,
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
  });
}

/** What of an error may be logged: PostgreSQL's `detail` and Prisma's messages quote values, so neither is. */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const fromDatabase = 'severity' in error || error.name.startsWith('PrismaClient');
  return { type: error.name, code, ...(fromDatabase ? {} : { message: error.message, stack: error.stack }) };
}

/** Lets Nest's own start-up and shutdown lines go where all the others go. */
export function nestLogger(logger: Logger): LoggerService {
  const line = (level: 'info' | 'warn' | 'error' | 'debug' | 'trace' | 'fatal') => {
    return (message: unknown, ...rest: unknown[]) => {
      const context = typeof rest.at(-1) === 'string' ? rest.at(-1) : undefined;
      if (message instanceof Error) logger[level]({ err: message, context });
      else logger[level]({ context }, String(message));
    };
  };
  // Nest tells at "log" level what it maps and loads: of use when something is sought, noise otherwise.
  return {
    log: line('debug'),
    fatal: line('fatal'),
    error: line('error'),
    warn: line('warn'),
    debug: line('debug'),
    verbose: line('trace'),
  };
}

/** The injection token of the process's one logger. */
export const LOGGER = Symbol('logger');
