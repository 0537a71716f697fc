import type pg from 'pg';
import { ADMIN, openClient, startTestApp, type TestApp } from '../harness.js';

const ROUTES = [
  '/v1/conversations',
  '/v1/conversations/c',
  '/v1/conversations/c/messages',
  '/v1/messages',
  '/v1/messages/m',
  '/v1/messages/m/deliveries',
  '/v1/deliveries/019a0000-0000-7000-8000-000000000000/body',
  '/v1/usage?from=2026-10-01&to=2026-10-02',
];

describe('a read that takes too long', () => {
  let app: TestApp;
  let holder: pg.Client;
  beforeAll(async () => {
    app = await startTestApp();
    holder = await openClient(app.database.url);
  });
  afterAll(async () => {
    await holder.end();
    await app.close();
  });

  it('is ended by PostgreSQL after ten seconds', async () => {
    const { rows } = await app.database.pool.query('show statement_timeout');
    expect(rows).toEqual([{ statement_timeout: '10s' }]);
  });

  it.each(ROUTES)('is answered 503 with a sentence, and the next one is answered: %s', async (path) => {
    const { pool } = app.database;
    const clients = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()));
    for (const client of clients) await client.query('set statement_timeout = 200');
    for (const client of clients) client.release();
    await holder.query(
      'begin; lock table message, conversation, delivery, usage_bucket in access exclusive mode',
    );
    const answer = await fetch(app.url + path, { headers: { authorization: `Bearer ${ADMIN}` } });
    await holder.query('rollback');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await answer.json()).toMatchObject({
      status: 503,
      detail: expect.stringMatching(/^The database .*\.$/),
    });
    expect((await fetch(app.url + path, { headers: { authorization: `Bearer ${ADMIN}` } })).status).not.toBe(
      503,
    );
  });
});
