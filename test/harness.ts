import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type pg from 'pg';
import { createApp } from '../src/app.js';
import { type Config, readConfig } from '../src/config.js';
import { connect } from '../src/database/connect.js';
import { DatabaseService } from '../src/database/database.service.js';
import { prepareDatabase } from '../src/database/prepare.js';
import { createLogger } from '../src/logging.js';
import { makeHostile } from './hostile-defaults.js';

export const INGEST = 'ingest-token-of-the-tests';
export const ADMIN = 'admin-token-of-the-tests';

/**
 * A database of this test file's own, cloned from the template that the global set-up made. Its sessions begin with settings
 * that nothing may depend on.
 */
export async function cloneDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const template = new URL(process.env.TEST_TEMPLATE_URL!);
  const name = `test_${randomBytes(6).toString('hex')}`;
  await runOnServer(`create database ${name} template ${template.pathname.slice(1)}`);
  await runOnServer(makeHostile(`database ${name}`).join('; '));
  const url = new URL(template);
  url.pathname = name;
  return { url: url.href, drop: () => runOnServer(`drop database ${name} with (force)`) };
}

/** A connection beside the application, whose session does not depend on how the server of the tests is set up. */
export const openClient = (url: string, options: { pipeline?: boolean } = {}): Promise<pg.Client> =>
  connect(url, { name: 'test', ...options });

async function runOnServer(sql: string): Promise<void> {
  const client = await openClient(process.env.TEST_SERVER_URL!);
  await client.query(sql);
  await client.end();
}

/** What came back, to be looked into: a test that reads a member that is not there fails by its expectation. */
// biome-ignore lint/suspicious/noExplicitAny: a parsed answer has no type before it is compared
export type Json = any;

export const json = async (answer: Response): Promise<Json> => answer.json();

/** The whole application on a real port and a real database. */
export interface TestApp {
  app: NestFastifyApplication;
  url: string;
  database: DatabaseService;
  /** Leads to the database directly, whatever the application goes through. */
  databaseUrl: string;
  /** All that was logged. */
  logged: () => string;
  send: (body: unknown, init?: RequestInit) => Promise<Response>;
  get: (path: string, token?: string) => Promise<{ status: number; body: Json }>;
  close: () => Promise<void>;
}

/** @param reach what the application takes for the address of its database, where that is not the database itself. */
export async function startTestApp(
  environment: NodeJS.ProcessEnv = {},
  reach: (url: string) => Promise<string> = async (url) => url,
): Promise<TestApp> {
  const cloned = await cloneDatabase();
  const config: Config = readConfig({ INGEST_TOKEN: INGEST, ADMIN_TOKEN: ADMIN, ...environment });
  const lines: string[] = [];
  const logger = createLogger('debug', { write: (line) => lines.push(line) });
  const app = await createApp(config, await reach(cloned.url), logger);
  await app.listen(0, '127.0.0.1');
  const database = app.get(DatabaseService);
  await prepareDatabase(database, config, logger, new AbortController().signal);
  const url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  return {
    app,
    url,
    database,
    databaseUrl: cloned.url,
    logged: () => lines.join(''),
    send: (body, init = {}) =>
      fetch(`${url}/webhook`, {
        method: 'POST',
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
        ...init,
        headers: { authorization: `Bearer ${INGEST}`, 'content-type': 'application/json', ...init.headers },
      }),
    get: async (path, token = ADMIN) => {
      const response = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
      return { status: response.status, body: await response.json() };
    },
    close: async () => {
      await app.close();
      await cloned.drop();
    },
  };
}
