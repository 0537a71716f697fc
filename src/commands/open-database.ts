import { existsSync } from 'node:fs';
import type pg from 'pg';
import { type Config, readConfig } from '../config.js';
import { connect } from '../database/connect.js';
import { describeDatabase } from '../database/describe-database.js';
import { embeddedUrlIfRunning, startEmbeddedServer } from '../database/embedded-server.js';
import { explainFailure } from '../database/explain-failure.js';
import { listMigrations } from '../database/migrate.js';
import { refuseTransactionPooling } from '../database/pooler.js';
import { isDatabaseAway, reasonOfAbsence } from '../errors/database-away.js';
import { describeContents } from './describe-contents.js';

/** A reason for a command to end, in a sentence for the operator. */
export class CannotRun extends Error {}

/**
 * Runs a command on the database that the environment names: the one of DATABASE_URL, or the embedded one of DATA_DIR,
 * which is started for the time if it does not run. Says at the end which database that was and what it holds: a command
 * without its environment, as cron runs it, works on another one than its operator means. Ends the process: with 0 where
 * the work is done, 1 where the work says so or cannot be done.
 * @param isNew whether the database may be without a schema, and the embedded one may not be there yet
 * @param report where people read the result; standard error where standard output takes data
 */
export async function runCommand(
  work: (client: pg.Client, config: Config, url: string) => Promise<'good' | 'bad'>,
  { isNew = false, report = process.stdout as NodeJS.WritableStream } = {},
): Promise<never> {
  let database = '';
  try {
    const config = readConfig(process.env);
    database = `Database: ${describeDatabase(config.databaseUrl ?? config.dataDir)}.`;
    const outcome = await withDatabase(config, isNew, async (client, url) => {
      try {
        const outcome = await work(client, config, url);
        report.write(`${database} ${await describeContents(client)}\n`);
        return outcome;
      } catch (error) {
        // The contents show the operator whether it was the wrong database that refused.
        if (error instanceof CannotRun)
          database = `${database} ${await describeContents(client).catch(() => '')}`.trimEnd();
        throw error;
      }
    });
    process.exit(outcome === 'good' ? 0 : 1);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${[message, database].join('\n').trim()}\n`);
    process.exit(1);
  }
}

async function withDatabase<T>(
  config: Config,
  isNew: boolean,
  work: (client: pg.Client, url: string) => Promise<T>,
): Promise<T> {
  const { url, stop } = await findDatabase(config, isNew);
  const target = config.databaseUrl ?? config.dataDir;
  const client = await open(url, target).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () =>
        reject(new CannotRun('Stopped. What was committed stays; run it again to go on.')),
      );
    }
    client.on('error', reject);
  });
  try {
    if (!isNew) await refuseOtherSchema(client);
    return await Promise.race([work(client, url), interrupted]);
  } catch (error) {
    throw explained(error, target);
  } finally {
    interrupted.catch(() => {});
    await client.end().catch(() => {});
    await stop();
  }
}

async function open(url: string, target: string): Promise<pg.Client> {
  try {
    await refuseTransactionPooling(url);
    return await connect(url, { name: 'command' });
  } catch (error) {
    throw explained(error, target);
  }
}

/** In a sentence, where it is one of the database's own reasons. */
function explained(error: unknown, target: string): unknown {
  const reason = explainFailure(error, target);
  if (reason !== null) return new CannotRun(reason);
  if (!isDatabaseAway(error)) return error;
  return new CannotRun(
    `The database, ${describeDatabase(target)}, cannot be used now (${reasonOfAbsence(error)}). Try again when it runs.`,
  );
}

async function findDatabase(
  config: Config,
  isNew: boolean,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const nothing = async () => {};
  if (config.databaseUrl !== null) return { url: config.databaseUrl, stop: nothing };
  const running = await embeddedUrlIfRunning(config.dataDir);
  if (running !== null) return { url: running, stop: nothing };
  if (!isNew && !existsSync(config.dataDir)) {
    throw new CannotRun(
      `There is no database: DATABASE_URL is not set, and the data folder ${config.dataDir} does not exist. Start Convoledger first.`,
    );
  }
  process.stderr.write(
    `DATABASE_URL is not set: starting the ${describeDatabase(config.dataDir)} for this command.\n`,
  );
  const server = await startEmbeddedServer({ dataDir: config.dataDir });
  return { url: server.url, stop: () => server.stop() };
}

async function refuseOtherSchema(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ found: boolean }>(
    `select to_regclass('public._prisma_migrations') is not null as found`,
  );
  const applied = rows[0]?.found
    ? await client.query<{ name: string }>(
        'select migration_name as name from _prisma_migrations where finished_at is not null and rolled_back_at is null order by 1',
      )
    : { rows: [] };
  const names = applied.rows.map(({ name }) => name);
  if (names.length === 0) {
    throw new CannotRun(
      'The database is empty: Convoledger was never started on it, and no backup was restored into it.',
    );
  }
  if (names.join() !== (await listMigrations()).join()) {
    // A later version may have other tables.
    const contents = await describeContents(client).catch(() => '');
    throw new CannotRun(
      `The database was made by another version of Convoledger. Start this one once, then try again. ${contents}`.trimEnd(),
    );
  }
}
