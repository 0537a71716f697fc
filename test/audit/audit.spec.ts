import { AuditService } from '../../src/audit/audit.service.js';
import { readConfig } from '../../src/config.js';
import { prepareDatabase } from '../../src/database/prepare.js';
import { createLogger } from '../../src/logging.js';
import { ADMIN, INGEST, type Json, startTestApp, type TestApp } from '../harness.js';

describe('the audit', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  const audit = async (query = '') => (await app.get(`/v1/audit${query}`)).body;
  const start = (INGEST_TOKEN: string, ADMIN_TOKEN = ADMIN, logged: string[] = []) =>
    prepareDatabase(
      app.database,
      readConfig({ INGEST_TOKEN, ADMIN_TOKEN }),
      createLogger('info', { write: (line) => logged.push(line) }),
      new AbortController().signal,
    );
  const probe = async (token: string) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return (await fetch(`${app.url}/webhook`, { method: 'POST', body: '{"istest":true}', headers })).status;
  };
  const actions = async () =>
    (await audit()).data.map(({ action, details }: Json) => [action, details.variable]);

  it('begins with the keys of the first start', async () => {
    expect(await actions()).toEqual([
      ['key.created', 'ADMIN_TOKEN'],
      ['key.created', 'INGEST_TOKEN'],
    ]);
    const [{ key, address, agent }] = (await audit('?agent=default')).data;
    expect([key, address, agent]).toEqual([null, null, 'default']);
  });

  it('tells of tokens that a later start replaced or brought back, and of nothing where none did', async () => {
    await start(INGEST);
    expect(await actions()).toHaveLength(2);
    await start('the-second-ingest-token');
    expect((await actions()).slice(0, 2)).toEqual([
      ['key.created', 'INGEST_TOKEN'],
      ['key.revoked', 'INGEST_TOKEN'],
    ]);
    expect([await probe(INGEST), await probe('the-second-ingest-token')]).toEqual([401, 200]);
    await start(INGEST);
    expect((await actions())[0]).toEqual(['key.restored', 'INGEST_TOKEN']);
    expect([await probe(INGEST), await probe('the-second-ingest-token')]).toEqual([200, 401]);
  });

  it('does not tell of a token that was revoked coming back with an old variable, since it does not', async () => {
    await start('a-leaked-ingest-token');
    const { data } = (await app.get('/v1/keys?limit=1')).body;
    const headers = { authorization: `Bearer ${ADMIN}` };
    expect((await fetch(`${app.url}/v1/keys/${data[0].key_id}`, { method: 'DELETE', headers })).status).toBe(
      204,
    );
    const logged: string[] = [];
    await start('a-leaked-ingest-token', ADMIN, logged);
    expect(await probe('a-leaked-ingest-token')).toBe(401);
    expect(logged.join('')).toContain('"variable":"INGEST_TOKEN"');
    expect(logged.join('')).not.toContain('a-leaked');
    await start(INGEST);
    expect(await probe(INGEST)).toBe(200);
  });

  it('leaves the administrator in office where ADMIN_TOKEN is the token of another key', async () => {
    await start(INGEST, 'an-administrator-for-long');
    const headers = { authorization: 'Bearer an-administrator-for-long', 'content-type': 'application/json' };
    const body = JSON.stringify({ scopes: ['read'], token: 'a-mere-reader-of-the-test' });
    expect((await fetch(`${app.url}/v1/keys`, { method: 'POST', headers, body })).status).toBe(201);
    await start(INGEST, 'a-mere-reader-of-the-test');
    expect((await app.get('/v1/keys', 'an-administrator-for-long')).status).toBe(200);
    expect((await app.get('/v1/keys', 'a-mere-reader-of-the-test')).status).toBe(403);
    await start(INGEST, ADMIN);
  });

  it('is walked newest first, each event once, while more are recorded', async () => {
    const service = app.app.get(AuditService);
    const request = { key: null, ip: '127.0.0.1' } as never;
    for (let n = 0; n < 7; n++) await service.record(request, { action: 'test.walked', subject: String(n) });
    const walked: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await audit(`?action=test.walked&limit=2${cursor && `&cursor=${cursor}`}`);
      walked.push(...page.data.map((event: Json) => event.subject));
      cursor = page.next_cursor;
      await service.record(request, { action: 'test.walked', subject: 'later' });
    }
    expect(walked).toEqual(['6', '5', '4', '3', '2', '1', '0']);
  });

  it('is cut by time, half-open', async () => {
    const [{ at }] = (await audit('?limit=1')).data;
    const after = new Date(Date.parse(at) + 1).toISOString();
    expect((await audit(`?from=${after}`)).data).toEqual([]);
    expect((await audit(`?from=${at}&to=${after}`)).data[0].at).toBe(at);
    expect((await audit(`?to=${at}`)).data[0].at < at).toBe(true);
  });

  it.each([
    'agent=nobody',
    'action=%27',
    'from=yesterday',
    'limit=0',
    'cursor=x',
    'key=x',
    'agent=default&agent=other',
  ])('answers 400 to %s', async (query) => {
    expect((await app.get(`/v1/audit?${query}`)).status).toBe(400);
  });

  it.each([
    'update audit_event set action = $$x$$',
    'delete from audit_event',
    'truncate audit_event',
    'truncate usage_entry',
  ])('is append-only, as the ledger is: the database refuses %s', async (sql) => {
    await expect(app.database.pool.query(sql)).rejects.toThrow(/never changed or deleted/);
  });
});
