import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type pg from 'pg';
import { createApp } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { DatabaseService } from '../../src/database/database.service.js';
import { prepareDatabase } from '../../src/database/prepare.js';
import { createLogger } from '../../src/logging.js';
import { type Json, openClient } from '../harness.js';

export const FIXTURES = 'test/fixtures/version-0.1/';

/** What version 0.1 was asked to store, and what it answered: see the README there. */
export const readKept = (name: 'utc' | 'berlin'): Json =>
  JSON.parse(gunzipSync(readFileSync(`${FIXTURES}${name}.json.gz`)).toString());

export interface EmptyDatabase {
  url: string;
  drop: () => Promise<void>;
}

/** @param settings of the database, as `alter database … set` takes them */
export async function emptyDatabase(settings: Record<string, string> = {}): Promise<EmptyDatabase> {
  const name = `kept_${randomBytes(6).toString('hex')}`;
  const server = process.env.TEST_SERVER_URL!;
  await onClient(server, async (client) => {
    await client.query(`create database ${name} encoding 'UTF8' template template0`);
    for (const [setting, value] of Object.entries(settings))
      await client.query(`alter database ${name} set ${setting} = '${value}'`);
  });
  const url = new URL(server);
  url.pathname = name;
  const drop = () =>
    onClient(server, async (client) => void (await client.query(`drop database ${name} with (force)`)));
  return { url: url.href, drop };
}

/** A database as version 0.1 left it. */
export async function keptDatabase(
  name: 'utc' | 'berlin',
  settings: Record<string, string> = {},
): Promise<EmptyDatabase> {
  const made = await emptyDatabase(settings);
  const sql = gunzipSync(readFileSync(`${FIXTURES}${name}.sql.gz`)).toString();
  await onClient(made.url, async (client) => void (await client.query(sql)));
  return made;
}

export async function onClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await openClient(url);
  return work(client).finally(() => client.end());
}

export interface Served {
  url: string;
  database: DatabaseService;
  ask: (
    path: string,
    token: string,
    init?: RequestInit,
  ) => Promise<{ status: number; body: Json; text: string }>;
  close: () => Promise<void>;
}

/** This version on a database that is there. */
export async function serve(databaseUrl: string, environment: NodeJS.ProcessEnv): Promise<Served> {
  const config = readConfig(environment);
  const logger = createLogger('silent');
  const app = await createApp(config, databaseUrl, logger);
  await app.listen(0, '127.0.0.1');
  const database = app.get(DatabaseService);
  await prepareDatabase(database, config, logger, new AbortController().signal);
  const url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  return {
    url,
    database,
    ask: async (path, token, init = {}) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const answer = await fetch(url + path, { ...init, headers });
      const text = await answer.text();
      return { status: answer.status, text, body: text.startsWith('{') ? JSON.parse(text) : null };
    },
    close: () => app.close(),
  };
}

/** A command as an operator runs it, but for the build. */
export function runCommand(
  databaseUrl: string,
  command: string,
  args: string[] = [],
  project = '.',
): Promise<{ code: number; stdout: string; stderr: string }> {
  const environment = { PATH: process.env.PATH, DATABASE_URL: databaseUrl };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [`${project}/dist/commands/${command}.js`, ...args],
      { env: environment },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

/** `npm start`, but for the build, until it says that it is ready. */
export async function startProcess(
  databaseUrl: string,
  environment: NodeJS.ProcessEnv,
): Promise<{ stdout: string; stderr: string }> {
  const process_ = spawn(process.execPath, ['dist/main.js'], {
    env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl, PORT: '0', ...environment },
  });
  const said = { stdout: '', stderr: '' };
  process_.stderr.on('data', (chunk) => {
    said.stderr += chunk;
  });
  const ended = new Promise((resolve) => process_.once('exit', resolve));
  await new Promise<void>((resolve, reject) => {
    process_.stdout.on('data', (chunk) => {
      said.stdout += chunk;
      if (said.stdout.includes('Convoledger is ready: ')) resolve();
    });
    process_.once('exit', () => reject(new Error(`It did not start.\n${said.stdout}\n${said.stderr}`)));
  });
  process_.kill('SIGTERM');
  await ended;
  return said;
}
