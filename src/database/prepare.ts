import type pg from 'pg';
import type { Logger } from 'pino';
import { ensureFirstKeys, type FirstKeys } from '../access/first-keys.js';
import type { Config } from '../config.js';
import { isDatabaseAway } from '../errors/database-away.js';
import type { DatabaseService } from './database.service.js';
import { migrate } from './migrate.js';
import { ensurePartitionsAhead } from './partitions.js';

/** Milliseconds between two looks at a database that is away at start. */
const RETRY_EVERY = 1_000;
/** Migrations may rewrite large tables, so the time limit of reads does not hold for them. */
const NO_LIMIT = 'set statement_timeout = 0';

/**
 * Makes the database fit for work: schema, partitions, first keys. A database that is away is waited for; one that
 * cannot be used ends the start.
 * @throws UnusableDatabase
 */
export async function prepareDatabase(
  database: DatabaseService,
  config: Config,
  logger: Logger,
  signal: AbortSignal,
): Promise<FirstKeys | null> {
  let told = false;
  while (!signal.aborted) {
    try {
      const keys = await prepareOnce(database.pool, config, () => {
        database.prepared = true;
      });
      for (const variable of keys.unusable) {
        logger.warn(
          { variable },
          'the token of this variable is of a key that is revoked, expired or for something else, so nothing was changed',
        );
      }
      return keys;
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
      if (!told) logger.warn({ err: error }, 'the database is away; waiting for it');
      told = true;
      await new Promise((resolve) => setTimeout(resolve, RETRY_EVERY));
    }
  }
  return null;
}

async function prepareOnce(pool: pg.Pool, config: Config, done: () => void): Promise<FirstKeys> {
  const client = await pool.connect();
  try {
    await client.query(NO_LIMIT);
    await migrate(client);
    await ensurePartitionsAhead(client);
    const keys = await ensureFirstKeys(client, config);
    done();
    return keys;
  } finally {
    // Its session settings are not those of the pool, and it may hold a lock: it is not reused.
    client.release(true);
  }
}
