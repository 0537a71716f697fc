import { INGEST, startTestApp, type TestApp } from '../harness.js';
import { call, fieldsOf } from '../post.js';

describe('agents', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());
  const audited = async (action: string) =>
    (await app.database.prisma.auditEvent.findMany({ where: { action }, orderBy: { id: 'asc' } })).map(
      ({ agentId, details }) => [agentId, details],
    );

  it('makes one, tells where it is, and records who did', async () => {
    const made = await call(app, 'POST', '/v1/agents', {
      id: 'support',
      name: 'Support',
      on_invalid: 'accept',
    });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe('/v1/agents/support');
    expect(made.body).toMatchObject({ id: 'support', name: 'Support', on_invalid: 'accept' });
    expect((await app.get('/v1/agents/support')).body).toEqual(made.body);
    expect(await audited('agent.created')).toEqual([['support', { name: 'Support', on_invalid: 'accept' }]]);
  });

  it('refuses an id that is taken, and what no agent can be', async () => {
    expect((await call(app, 'POST', '/v1/agents', { id: 'default' })).status).toBe(409);
    for (const [body, field] of [
      [{ id: 'Big' }, 'id'],
      [{}, 'id'],
      [{ id: 'a'.repeat(65) }, 'id'],
      [{ id: 'b', name: 'two\nlines' }, 'name'],
      [{ id: 'b', on_invalid: 'ignore' }, 'on_invalid'],
      [{ id: 'b', colour: 'red' }, 'colour'],
    ] as const) {
      const refused = await call(app, 'POST', '/v1/agents', body);
      expect([refused.status, fieldsOf(refused)]).toEqual([400, [field]]);
    }
    expect((await call(app, 'POST', '/v1/agents', '[]')).status).toBe(400);
    const unread = await call(app, 'POST', '/v1/agents', '{');
    expect([unread.status, fieldsOf(unread)]).toEqual([400, ['body']]);
    expect((await call(app, 'POST', '/v1/agents', { id: 'b' }, INGEST)).status).toBe(403);
  });

  it('changes what is given and leaves the rest', async () => {
    await call(app, 'POST', '/v1/agents', { id: 'changing' });
    const changed = await call(app, 'PATCH', '/v1/agents/changing', { on_invalid: 'accept' });
    expect(changed.body).toMatchObject({ id: 'changing', name: 'changing', on_invalid: 'accept' });
    expect((await call(app, 'PATCH', '/v1/agents/changing', { name: 'New' })).body.on_invalid).toBe('accept');
    expect((await call(app, 'PATCH', '/v1/agents/changing', { name: null })).status).toBe(400);
    expect((await call(app, 'PATCH', '/v1/agents/changing', { id: 'other' })).status).toBe(400);
    expect((await call(app, 'PATCH', '/v1/agents/nobody', { name: 'x' })).status).toBe(404);
    expect((await app.get('/v1/agents/NO%00BODY')).status).toBe(404);
    expect(await audited('agent.changed')).toHaveLength(2);
  });

  it('lists all of them by id, page by page', async () => {
    const ids: string[] = [];
    let cursor = '';
    do {
      const { body } = await app.get(`/v1/agents?limit=2${cursor && `&cursor=${cursor}`}`);
      ids.push(...body.data.map(({ id }: { id: string }) => id));
      cursor = body.next_cursor;
    } while (cursor);
    expect(ids).toEqual(['changing', 'default', 'support']);
  });
});

describe('prices', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
    await call(app, 'POST', '/v1/agents', { id: 'metals' });
  });
  afterAll(() => app.close());
  const add = (body: unknown, agent = 'default') => call(app, 'POST', `/v1/agents/${agent}/prices`, body);

  it('adds prices, also for the past, also for a day that has one, and keeps them all', async () => {
    const tiny = '0.000000000000000000000000000001';
    const prices = [
      { from: '2026-10-01', currency: 'USD', per_credit: '0.010' },
      { from: '2020-02-29', currency: 'EUR', per_credit: tiny },
      { from: '2026-10-01', currency: 'USD', per_credit: '0' },
    ];
    for (const price of prices) {
      const added = await add(price);
      expect([added.status, added.headers.get('location')]).toEqual([201, '/v1/agents/default/prices']);
    }
    const { data } = (await app.get('/v1/agents/default/prices')).body;
    expect(data).toMatchObject([
      { from: '2020-02-29', currency: 'EUR', per_credit: tiny },
      { from: '2026-10-01', currency: 'USD', per_credit: '0.01' },
      { from: '2026-10-01', currency: 'USD', per_credit: '0' },
    ]);
    expect(Date.parse(data[2].recorded_at)).toBeGreaterThan(Date.parse(data[1].recorded_at));
    const first = (await app.get('/v1/agents/default/prices?limit=2')).body;
    const rest = (await app.get(`/v1/agents/default/prices?limit=2&cursor=${first.next_cursor}`)).body;
    expect([...first.data, ...rest.data]).toEqual(data);
    expect(await app.database.prisma.auditEvent.count({ where: { action: 'price.added' } })).toBe(3);
    await expect(app.database.prisma.creditPrice.deleteMany()).rejects.toThrow();
  });

  it('takes every currency of ISO 4217, metals and the newest too, whatever Intl knows', async () => {
    for (const currency of ['JPY', 'KWD', 'XAU', 'XDR', 'CLF', 'XCG', 'ZWG'])
      expect([
        currency,
        (await add({ from: '1970-01-01', currency, per_credit: '1' }, 'metals')).status,
      ]).toEqual([currency, 201]);
    // A code that was taken before is still read.
    await app.database.pool.query(
      `insert into credit_price (agent_id, from_day, currency, per_credit) values ('metals', '2020-01-01', 'ABC', 1)`,
    );
    const { data } = (await app.get('/v1/agents/metals/prices')).body;
    expect(data.at(-1)).toMatchObject({ currency: 'ABC', from: '2020-01-01' });
  });

  it('refuses what is no price, and says which field it is', async () => {
    const good = { from: '2026-10-01', currency: 'USD', per_credit: '0.01' };
    for (const [spoiled, field] of [
      [{ currency: undefined }, 'currency'],
      [{ currency: 'usd' }, 'currency'],
      [{ currency: 'ABC' }, 'currency'],
      [{ currency: 'DEM' }, 'currency'],
      [{ currency: 'US' }, 'currency'],
      [{ from: '1969-12-31' }, 'from'],
      [{ from: '2100-01-01' }, 'from'],
      [{ from: '2026-02-30' }, 'from'],
      [{ from: '2026-10-01T00:00:00Z' }, 'from'],
      [{ from: '0000-01-01' }, 'from'],
      [{ per_credit: 0.01 }, 'per_credit'],
      [{ per_credit: '-1' }, 'per_credit'],
      [{ per_credit: 'NaN' }, 'per_credit'],
      [{ per_credit: `0.${'0'.repeat(30)}1` }, 'per_credit'],
      [{ per_credit: null }, 'per_credit'],
    ] as const) {
      const refused = await add({ ...good, ...spoiled });
      expect([refused.status, fieldsOf(refused)]).toEqual([400, [field]]);
    }
    expect((await add(good, 'nobody')).status).toBe(404);
    expect((await app.get('/v1/agents/nobody/prices')).status).toBe(404);
  });
});
