import pg from 'pg';
import type { Logger } from 'pino';
import { applicationName, fixSession, type SessionOptions } from './session.js';

/** Milliseconds. A sender wants its answer within 3 s, so no wait for a connection may come near that. */
export const CONNECT_TIMEOUT = 2_000;
/** Milliseconds for those that nobody waits for within seconds. */
const PATIENT_CONNECT_TIMEOUT_MS = 5_000;

export interface ConnectOptions extends SessionOptions {
  /** Statements are sent before those ahead of them are answered. */
  pipeline?: boolean;
}

export interface PoolOptions extends ConnectOptions {
  /** Connections at most. */
  max: number;
  /** Milliseconds after which an answer is no longer waited for, since the way to the database may swallow it. */
  queryTimeoutMs: number;
}

/** A pool whose connections all have the session that Convoledger needs. Nothing connects before the first query. */
export function createPool(url: string, options: PoolOptions, logger: Logger): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    query_timeout: options.queryTimeoutMs,
    application_name: applicationName(options),
    pipeline: options.pipeline ?? false,
    onConnect: async (client: pg.ClientBase) => {
      await fixSession(client, options);
    },
  });
  hearErrors(pool, logger);
  return pool;
}

/**
 * A connection of its own with the session that Convoledger needs, for a command or a long piece of work. Whoever has it
 * ends it, and hears of its end by the next statement, or by its event `error`.
 * @throws UnusableSession, or what the driver and the server say
 */
export async function connect(url: string, options: ConnectOptions): Promise<pg.Client> {
  const client = await connectAsIs(url, options);
  try {
    await fixSession(client, options);
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}

/** A connection whose session is as the server, the database and the role have it: only to look at that. */
export async function connectAsIs(url: string, options: ConnectOptions): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: PATIENT_CONNECT_TIMEOUT_MS,
    pipeline: options.pipeline ?? false,
    application_name: applicationName(options),
  });
  // Unheard, a connection that breaks between two statements would end the process.
  client.on('error', () => {});
  await client.connect();
  return client;
}

/**
 * Hears of connections that break. Idle ones are replaced by the next query. One that is lent out and at rest between
 * two statements tells nobody but itself: whoever has it learns of it from the next statement. Unheard, either error
 * would end the process.
 */
function hearErrors(pool: pg.Pool, logger: Logger): void {
  pool.on('error', (error) => logger.warn({ reason: error.message }, 'an idle database connection broke'));
  pool.on('connect', (client) => client.on('error', () => {}));
}
