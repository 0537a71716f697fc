import type { Logger } from 'pino';
import { ensureFirstKeys, type FirstKeys } from '../access/first-keys.js';
import { MIN_TOKEN_CHARACTERS } from '../access/token.js';
import type { Config } from '../config.js';
import { describeClock, readClock } from './clock.js';
import { connect } from './connect.js';
import type { DatabaseService } from './database.service.js';
import { migrate } from './migrate.js';
import { ensurePartitionsAhead } from './partitions.js';
import { refuseTransactionPooling } from './pooler.js';
import { waitForDatabase } from './wait-for-database.js';

/**
 * Makes the database fit for work: schema, partitions, first keys. A database that is away is waited for; one that
 * cannot be used ends the start.
 * @param tell hears what people should know of it, sentence by sentence
 * @returns null where the signal was given meanwhile
 * @throws UnusableDatabase
 */
export async function prepareDatabase(
  database: DatabaseService,
  config: Config,
  logger: Logger,
  signal: AbortSignal,
  tell: (sentence: string) => void = () => {},
): Promise<FirstKeys | null> {
  const target = config.databaseUrl ?? config.dataDir;
  const keys = await waitForDatabase(() => prepareOnce(database, config, logger, tell), {
    target,
    logger,
    signal,
    tell,
  });
  for (const variable of keys?.unusable ?? []) {
    logger.warn(
      { variable },
      'the token of this variable is of a key that is revoked, expired or for something else, so nothing was changed',
    );
  }
  for (const variable of keys?.short ?? []) {
    const sentence = `${variable} is shorter than ${MIN_TOKEN_CHARACTERS} characters and can be guessed. It still works; replace it with a longer one.`;
    logger.warn(sentence);
    tell(sentence);
  }
  return keys;
}

async function prepareOnce(
  database: DatabaseService,
  config: Config,
  logger: Logger,
  tell: (sentence: string) => void,
): Promise<FirstKeys> {
  await refuseTransactionPooling(database.url);
  const client = await connect(database.url, { name: 'start' });
  try {
    await migrate(client);
    await ensurePartitionsAhead(client);
    for (const sentence of describeClock(await readClock(client), new Date())) {
      logger.warn(sentence);
      tell(sentence);
    }
    const keys = await ensureFirstKeys(client, config);
    database.prepared = true;
    return keys;
  } finally {
    // It may hold a lock.
    await client.end().catch(() => {});
  }
}
