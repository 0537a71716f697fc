import { ensureFirstKeys } from '../../src/access/first-keys.js';
import { readConfig } from '../../src/config.js';
import { ADMIN, cloneDatabase, type Json, openClient, startTestApp, type TestApp } from '../harness.js';
import { type Answer, call, fieldsOf } from '../post.js';

const PRICE = { from: '2026-10-01', currency: 'USD', per_credit: '0.01' };

describe('the scope finance', () => {
  let app: TestApp;
  const tokens: Record<string, string> = {};
  beforeAll(async () => {
    app = await startTestApp();
    for (const id of ['support', 'sales']) await call(app, 'POST', '/v1/agents', { id, name: id });
    for (const [name, key] of Object.entries({
      finance: { scopes: ['finance'] },
      'finance of sales': { scopes: ['finance'], agent: 'sales' },
      read: { scopes: ['read'] },
      'read of sales': { scopes: ['read'], agent: 'sales' },
      ingest: { scopes: ['ingest'], agent: 'sales' },
    })) {
      tokens[name] = (await call(app, 'POST', '/v1/keys', { label: name, ...key })).body.token;
    }
    tokens.admin = ADMIN;
  }, 20_000);
  afterAll(() => app.close());

  const price = (name: string, agent: string): Promise<Answer> =>
    call(app, 'POST', `/v1/agents/${agent}/prices`, PRICE, tokens[name]);
  const close = (name: string, period: string, agent?: string | null): Promise<Answer> =>
    call(
      app,
      'POST',
      '/v1/statements',
      { period, tz: 'UTC', ...(agent === undefined ? {} : { agent }) },
      tokens[name],
    );

  it('adds prices, for its own agent alone where it belongs to one', async () => {
    expect((await price('finance', 'support')).status).toBe(201);
    expect((await price('admin', 'support')).status).toBe(201);
    expect((await price('finance of sales', 'sales')).status).toBe(201);
    expect((await price('finance of sales', 'support')).status).toBe(403);
    for (const name of ['read', 'read of sales', 'ingest'])
      expect((await price(name, 'sales')).status).toBe(403);
  });

  it('closes months, of its own agent alone where it belongs to one', async () => {
    expect((await close('finance', '2026-08', null)).status).toBe(201);
    expect((await close('finance of sales', '2026-08', 'sales')).status).toBe(201);
    for (const agent of ['support', null, undefined])
      expect([agent, (await close('finance of sales', '2026-07', agent)).status]).toEqual([agent, 403]);
    for (const name of ['read', 'read of sales', 'ingest'])
      expect((await close(name, '2026-07', 'sales')).status).toBe(403);
    expect((await close('admin', '2026-07', 'sales')).status).toBe(201);
  });

  it('reads all that the scope read does, and administers nothing', async () => {
    for (const path of ['/v1/usage', '/v1/messages', '/v1/agents', '/metrics'])
      expect([
        path,
        (await fetch(app.url + path, { headers: { authorization: `Bearer ${tokens.finance}` } })).status,
      ]).toEqual([path, 200]);
    for (const path of ['/v1/keys', '/v1/audit', '/v1/quarantine', '/v1/refusals'])
      expect([path, (await app.get(path, tokens.finance)).status]).toEqual([path, 403]);
    expect((await call(app, 'POST', '/v1/agents', { id: 'x' }, tokens.finance)).status).toBe(403);
  });

  it('lets readers see agents and prices, and a key of one agent its own', async () => {
    const ids = async (name: string) =>
      (await app.get('/v1/agents', tokens[name])).body.data.map(({ id }: Json) => id).toSorted();
    expect(await ids('read')).toEqual(['default', 'sales', 'support']);
    expect(await ids('read of sales')).toEqual(['sales']);
    expect((await app.get('/v1/agents/sales/prices', tokens['read of sales'])).body.data).toHaveLength(1);
    expect((await app.get('/v1/agents/support', tokens['read of sales'])).status).toBe(403);
    expect((await app.get('/v1/agents/support/prices', tokens['finance of sales'])).status).toBe(403);
    expect((await app.get('/v1/agents', tokens.ingest)).status).toBe(403);
  });

  it.each(['read of sales', 'finance of sales', 'ingest'])(
    'shows no metrics of all agents to %s',
    async (name) => {
      const answer = await fetch(`${app.url}/metrics`, {
        headers: { authorization: `Bearer ${tokens[name]}` },
      });
      expect(answer.status).toBe(403);
    },
  );
});

describe('a token that can be guessed', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  it.each([
    ['fifteen-letters', 400],
    ['sixteen-letters-', 201],
  ])('is taken for a new key only from 16 characters on: %s', async (token, status) => {
    const made = await call(app, 'POST', '/v1/keys', {
      label: 'x',
      scopes: ['ingest'],
      agent: 'default',
      token,
    });
    expect(made.status).toBe(status);
    if (status === 400) expect(fieldsOf(made)).toEqual(['token']);
  });

  it('does not let a start begin, unless this database knows it', async () => {
    const { url, drop } = await cloneDatabase();
    const client = await openClient(url);
    const start = (INGEST_TOKEN: string) => ensureFirstKeys(client, readConfig({ INGEST_TOKEN }));
    await expect(start('abc')).rejects.toThrow(/^INGEST_TOKEN must have at least 16 characters/);
    await expect(start('abc')).rejects.not.toThrow(/abc/);
    await client.query(
      `insert into agent (id, name) values ('default', 'Default agent') on conflict do nothing`,
    );
    await client.query(
      `insert into api_key (id, token_hash, hint, label, scopes, agent_id, origin)
       values (gen_random_uuid(), sha256('abc'), '…', 'First ingest key', '{ingest}', 'default', 'INGEST_TOKEN')`,
    );
    expect(await start('abc')).toMatchObject({ short: ['INGEST_TOKEN'], unusable: [] });
    await client.end();
    await drop();
  });
});
