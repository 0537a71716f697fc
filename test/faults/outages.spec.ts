import { once } from 'node:events';
import { createConnection } from 'node:net';
import { jest } from '@jest/globals';
import { isDatabaseAway } from '../../src/errors/database-away.js';
import { ADMIN, openClient, startTestApp, type TestApp } from '../harness.js';
import { type Proxy as DatabaseProxy, startProxy } from '../torture/proxy.mjs';

jest.setTimeout(120_000);

const ROUNDS = 12;
/** Of every way that a route has to the database: Prisma's queries, its transactions, pools, streams, and a wait. */
const ROUTES: [string, string, object?][] = [
  ['GET', '/v1/changes'],
  ['GET', '/v1/changes?cursor=now&wait=1'],
  ['GET', '/v1/messages?limit=1'],
  ['GET', '/v1/messages?q=hello'],
  ['GET', '/v1/conversations?sort=credits'],
  ['GET', '/v1/messages/m0'],
  ['GET', '/v1/messages/m0/deliveries'],
  ['GET', '/v1/conversations/c/transcript'],
  ['GET', '/v1/usage?period=2025-09&group_by=agent'],
  ['GET', '/v1/usage/entries?period=2025-09'],
  ['GET', '/v1/statements'],
  ['GET', '/v1/quarantine'],
  ['GET', '/v1/agents'],
  ['GET', '/v1/keys'],
  ['GET', '/v1/audit'],
  ['GET', '/metrics'],
  ['POST', '/v1/keys', { label: 'made in an outage', scopes: ['read'] }],
  ['POST', '/v1/quarantine/replay'],
];

describe('connections that end while every route is asked', () => {
  let app: TestApp;
  let proxy: DatabaseProxy;
  beforeAll(async () => {
    app = await startTestApp({}, async (url) => {
      proxy = await startProxy(url);
      return proxy.url;
    });
    for (let n = 0; n < 5; n++)
      await app.send({
        conversation_id: 'c',
        message_id: `m${n}`,
        create_time: 1_758_900_000,
        text: 'hello',
      });
  });
  afterAll(async () => {
    await app.close();
    await proxy.close();
  });

  const ask = async ([method, path, body]: (typeof ROUTES)[number]): Promise<string> => {
    const request = {
      method,
      headers: {
        authorization: `Bearer ${ADMIN}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      body: body ? JSON.stringify(body) : null,
      // So that the one that hangs is named.
      signal: AbortSignal.timeout(20_000),
    };
    try {
      const answer = await fetch(app.url + path, request);
      await answer.text();
      if (answer.status === 503) return answer.headers.get('retry-after') === '1' ? 'away' : 'no Retry-After';
      return answer.status < 300 ? 'answered' : `${path}: ${answer.status}`;
    } catch (error) {
      return `${path}: ${String(error)}`;
    }
  };

  it('are answered, or 503 with Retry-After, and logged without a stack', async () => {
    const beside = await openClient(app.databaseUrl);
    const counts = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round++) {
      const answers = ROUTES.map(ask);
      // Some are before, some within and some behind what they ask for.
      for (let step = 0; step < round % 12; step++) await beside.query('select 1');
      if (round % 4 === 0) proxy.cut();
      else if (round % 4 === 1) proxy.reset();
      else
        await beside.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and pid <> pg_backend_pid() and application_name like $1`,
          // Those of the readers alone, so that nobody is refused before it comes to them.
          [round % 4 === 2 ? 'convoledger' : 'convoledger%'],
        );
      for (const said of await Promise.all(answers)) counts.set(said, (counts.get(said) ?? 0) + 1);
    }
    await beside.end();
    expect([...counts.keys()].sort()).toEqual(['answered', 'away']);
    const errors = app
      .logged()
      .split('\n')
      .filter((line) => line !== '' && JSON.parse(line).level >= 50);
    expect(errors).toEqual([]);
  });
});

describe('an error', () => {
  const prisma = (code: string, kind?: object) =>
    Object.assign(new Error('Raw query failed.'), {
      code,
      meta: kind && { driverAdapterError: Object.assign(new Error('x'), { cause: kind }) },
    });
  it.each([
    ['a raw query of Prisma on a closed connection', prisma('P2010', { kind: 'ConnectionClosed' })],
    ['a raw query of Prisma with a SQLSTATE', prisma('P2010', { kind: 'postgres', originalCode: '57P01' })],
    ['a raw query of Prisma that says no more', new Error('Raw query failed. Code: `26000`. Message: `x`')],
    ['Prisma without a connection', prisma('P2024')],
    ['a statement that a pooler lost', Object.assign(new Error('x'), { code: '26000' })],
    ['a statement that a pooler has already', Object.assign(new Error('x'), { code: '42P05' })],
    ['a refusal of a pooler', Object.assign(new Error('x'), { code: 'XX000', severity: 'FATAL' })],
    ['too many connections', Object.assign(new Error('x'), { code: '53300' })],
    ['a server that only reads', Object.assign(new Error('x'), { code: '25006' })],
    ['a pool that waited', new Error('timeout exceeded when trying to connect')],
    ['a client that waited', new Error('Query read timeout')],
    ['a client that broke', new Error('Client has encountered a connection error and is not queryable')],
    ['a connection within another error', new Error('x', { cause: { code: 'ECONNRESET' } })],
  ])('%s means that the database is away', (_, error) => expect(isDatabaseAway(error)).toBe(true));

  it.each([
    ['a wrong statement', Object.assign(new Error('x'), { code: '42601', severity: 'ERROR' })],
    ['a broken row', Object.assign(new Error('x'), { code: 'XX001', severity: 'ERROR' })],
    ['a double key', prisma('P2002', { kind: 'UniqueConstraintViolation', originalCode: '23505' })],
    ['our own', new TypeError('x is not a function')],
    ['nothing', null],
  ])('%s does not', (_, error) => expect(isDatabaseAway(error)).toBe(false));

  it('of several addresses, none of which listens, means it too', async () => {
    const socket = createConnection({ host: 'localhost', port: 1, autoSelectFamily: true });
    const [error] = await once(socket, 'error');
    expect(isDatabaseAway(error)).toBe(true);
  });
});
