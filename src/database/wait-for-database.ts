import type { Logger } from 'pino';
import { isDatabaseAway, reasonOfAbsence } from '../errors/database-away.js';
import { Problem } from '../errors/problem.js';
import { describeDatabase } from './describe-database.js';
import { explainFailure } from './explain-failure.js';

/** Milliseconds between two tries. */
const RETRY_EVERY_MS = 1_000;

export interface Waiting {
  /** What `DATABASE_URL` holds, or the data folder. */
  target: string;
  logger: Logger;
  signal: AbortSignal;
  /** Hears for people what is waited for, once for each reason. */
  tell: (sentence: string) => void;
}

/**
 * Does work that needs the database, again and again while that is away.
 * @returns null where the signal was given meanwhile
 * @throws what waiting does not help with
 */
export async function waitForDatabase<T>(work: () => Promise<T>, waiting: Waiting): Promise<T | null> {
  const { target, logger, signal, tell } = waiting;
  const told = new Set<string>();
  while (!signal.aborted) {
    try {
      return await work();
    } catch (error) {
      const isBusy = error instanceof Problem && error.getStatus() === 503;
      if (explainFailure(error, target) !== null || !(isBusy || isDatabaseAway(error))) throw error;
      const reason = isBusy ? error.detail : `it cannot be used now (${reasonOfAbsence(error)}).`;
      if (!told.has(reason)) {
        logger.warn({ reason }, 'waiting for the database');
        tell(`Waiting for the database, ${describeDatabase(target)}: ${reason}`);
      }
      told.add(reason);
      await new Promise((resolve) => setTimeout(resolve, RETRY_EVERY_MS));
    }
  }
  return null;
}
