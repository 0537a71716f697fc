import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { FAILURES } from '../../src/access/failed-attempts.js';
import { ADMIN, INGEST, type Json, json, openClient, startTestApp, type TestApp } from '../harness.js';

/** A file with one value a line, or one that is no JSON, is described as text. */
const isJson = (type: string) => type === 'application/json' || type === 'application/problem+json';

const NOBODY = '019a0000-0000-7000-8000-000000000000';
/** As of an asker on another machine, which may not read metrics without a token. */
const elsewhere = { 'x-forwarded-for': '192.0.2.1' };
const usage = (credits: string) => ({
  tokens: { total_tokens: 29, prompt_tokens: 19, completion_tokens: 10 },
  credits: { total_credits: credits, text_input_credits: '0.0123' },
});
const reply = (id: string, more: object = {}) => ({
  conversation_id: 'c',
  message_id: id,
  message_type: 'ANSWER',
  create_time: 1758900000,
  ...more,
});

describe('every answer is as the document says', () => {
  let app: TestApp;
  let document: Json;
  let ajv: Ajv2020;
  const seen = new Set<string>();
  beforeAll(async () => {
    app = await startTestApp({ TRUST_PROXY: '127.0.0.1' });
    document = await json(await fetch(`${app.url}/openapi.json`));
    ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(ajv);
    ajv.addSchema(structuredClone(document), 'api');
  });
  afterAll(() => app.close());

  const pointer = (...parts: string[]) =>
    `api#/${parts.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;

  /** The path of the document that an address is of: the one with the fewest parameters. */
  function pathOf(address: string): string {
    const { pathname } = new URL(address, app.url);
    const fits = (path: string) => new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`).test(pathname);
    const [path] = Object.keys(document.paths)
      .filter(fits)
      .sort((a, b) => a.split('{').length - b.split('{').length);
    return path!;
  }

  interface Asked {
    token?: string | null;
    body?: unknown;
    headers?: Record<string, string>;
  }

  /** Asks, and holds what comes back against the document: status, type, headers and body. */
  async function ask(method: string, address: string, { token = ADMIN, body, headers = {} }: Asked = {}) {
    const path = pathOf(address);
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const answer = await fetch(app.url + address, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isRaw ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const name = `${method} ${path} ${answer.status}`;
    const operation = document.paths[path][method.toLowerCase()];
    const declared = operation.responses[String(answer.status)];
    if (declared === undefined) throw new Error(`${name} is not declared: ${text}`);
    seen.add(name);
    if (body !== undefined && answer.status < 300)
      expect([name, operation.requestBody !== undefined]).toEqual([name, true]);
    for (const parameter of new URL(address, app.url).searchParams.keys()) {
      const names = operation.parameters.map((one: Json) => one.name);
      if (answer.status < 300) expect([name, names]).toEqual([name, expect.arrayContaining([parameter])]);
    }
    const required = (headerName: string) =>
      declared.headers?.[headerName] && headerName !== 'Content-Disposition';
    for (const header of Object.keys(declared.headers ?? {})) {
      if (!required(header)) continue;
      const value = answer.headers.get(header);
      const { schema } = declared.headers[header];
      const read = schema.type === 'integer' ? Number(value) : value;
      expect([name, header, value !== null && ajv.validate(schema, read)]).toEqual([name, header, true]);
    }
    if (text === '') {
      expect([name, declared.content]).toEqual([name, undefined]);
      return { status: answer.status, body: null, headers: answer.headers };
    }
    const type = answer.headers.get('content-type')!.split(';')[0]!;
    expect([name, Object.keys(declared.content)]).toEqual([name, expect.arrayContaining([type])]);
    const parsed = isJson(type) ? JSON.parse(text) : text;
    const $ref = pointer(
      'paths',
      path,
      method.toLowerCase(),
      'responses',
      String(answer.status),
      'content',
      type,
      'schema',
    );
    ajv.validate({ $ref }, parsed);
    expect([name, ajv.errors, text.slice(0, 2_000)]).toEqual([name, null, expect.any(String)]);
    return { status: answer.status, body: parsed, headers: answer.headers };
  }
  const get = (address: string, asked?: Asked) => ask('GET', address, asked);
  const post = (address: string, body?: unknown, asked?: Asked) => ask('POST', address, { body, ...asked });
  const send = (body: unknown, { address = '/webhook', ...asked }: Asked & { address?: string } = {}) =>
    post(address, body, { token: INGEST, ...asked });

  it('of the webhook', async () => {
    expect(await send(reply('plain'))).toMatchObject({ status: 200 });
    expect(await send(reply('paid', { usage: usage('0.0573') }))).toMatchObject({ status: 200 });
    // A smaller bill corrects a larger one by less than nothing.
    expect(await send(reply('paid', { usage: usage('0.0123') }))).toMatchObject({ status: 200 });
    const output = [
      { from_component_name: 'A', content: { text: 'Hi.', audio: [{ audio: 'u', transcript: 't' }] } },
      { content: { image: ['u'], audio: null } },
      { content: { audio: [{ audio: 'u', seconds: 3 }, { transcript: 't' }, {}] } },
      { content: { audioDatas: [{ url: 'u' }] } },
      { content: 'A text alone.' },
      {},
    ];
    expect(await send(reply('pieces', { output, text: 'Hi.', extra: 1 }))).toMatchObject({ status: 200 });
    expect(
      await send(
        new Uint8Array([
          ...Buffer.from(JSON.stringify(reply('bytes')).slice(0, -1)),
          ...Buffer.from(',"text":"'),
          0xff,
          ...Buffer.from('"}'),
        ]),
      ),
    ).toMatchObject({ status: 200 });
    for (const id of ['gone', 'gone too'])
      await send(reply(id, { conversation_id: 'erased', usage: usage('0.0573') }));
    expect(await send({ istest: true })).toMatchObject({ status: 200 });
    for (const body of [{ conversation_id: 'c' }, '{"cut', reply('x', { usage: { tokens: 'many' } })])
      expect((await send(body)).status).toBe(400);
    for (const problem of [1, 2, 3])
      expect((await send({ conversation_id: 'erased', problem })).status).toBe(400);
    expect((await send({}, { token: 'nobody' })).status).toBe(401);
    expect((await send({}, { token: ADMIN })).status).toBe(403);
    expect((await send('x'.repeat(5_000_000))).status).toBe(413);
    expect((await send({}, { headers: { 'content-type': 'text/xml' } })).status).toBe(415);
    expect((await post(`/webhook/${INGEST}`, reply('path'), { token: null })).status).toBe(200);
    expect((await post('/webhook/nobody', {}, { token: null })).status).toBe(401);
  });

  it('of keys, agents and prices', async () => {
    const { body: made } = await post('/v1/agents', { id: 'support', name: 'Support' });
    expect(made.id).toBe('support');
    expect((await post('/v1/agents', { id: 'support' })).status).toBe(409);
    expect((await post('/v1/agents', { id: 'A B' })).status).toBe(400);
    await get('/v1/agents');
    await get('/v1/agents/support');
    expect((await get('/v1/agents/nobody')).status).toBe(404);
    expect((await ask('PATCH', '/v1/agents/support', { body: { on_invalid: 'accept' } })).status).toBe(200);
    expect((await ask('PATCH', '/v1/agents/nobody', { body: { name: 'x' } })).status).toBe(404);
    const price = { from: '2025-01-01', currency: 'USD', per_credit: '0.01' };
    await post('/v1/agents/default/prices', price);
    await post('/v1/agents/default/prices', { ...price, from: '2025-09-10', currency: 'EUR' });
    expect((await post('/v1/agents/default/prices', price)).status).toBeLessThan(500);
    expect((await post('/v1/agents/nobody/prices', price)).status).toBe(404);
    await get('/v1/agents/default/prices');
    expect((await get('/v1/agents/nobody/prices')).status).toBe(404);
    let token = '';
    for (const key of [
      { label: 'all', scopes: ['read'] },
      { label: '', scopes: ['read', 'finance'], agent: 'support', expires_at: '2099-01-01T00:00:00Z' },
      { scopes: ['ingest'], agent: 'support', token: 'a token of sixteen characters'.replaceAll(' ', '-') },
    ]) {
      const { body, headers } = await post('/v1/keys', key);
      expect(headers.get('location')).toBe(`/v1/keys/${body.key_id}`);
      expect(await get(`/v1/keys/${body.key_id}`)).toMatchObject({ status: 200 });
      token = body.token;
    }
    // Two agents have a conversation and a message of one id.
    expect((await send(reply('paid'), { token })).status).toBe(200);
    expect((await post('/v1/keys', { scopes: ['ingest'], agent: 'default', token })).status).toBe(409);
    const { body: admin } = await get('/v1/keys?limit=200');
    const [only] = admin.data.filter(({ scopes }: Json) => scopes.includes('admin'));
    expect((await ask('DELETE', `/v1/keys/${only.key_id}`)).status).toBe(409);
    expect((await get(`/v1/keys/${NOBODY}`)).status).toBe(404);
    const { body: last } = await get('/v1/keys?limit=1');
    const { body: revoked } = await get(`/v1/keys?limit=1&cursor=${last.next_cursor}`);
    expect((await ask('DELETE', `/v1/keys/${revoked.data[0].key_id}`)).status).toBe(204);
    expect((await ask('DELETE', `/v1/keys/${NOBODY}`)).status).toBe(404);
    await get('/v1/keys');
  });

  it('of statements', async () => {
    const month = { period: '2025-09', tz: 'Asia/Kathmandu' };
    const { body: first, headers } = await post('/v1/statements', month);
    expect(headers.get('location')).toBe(`/v1/statements/${first.id}`);
    expect((await post('/v1/statements', month)).status).toBe(409);
    await post('/v1/statements', {
      ...month,
      replaces: first.id,
      reason: 'A price was missing.',
      invoiced_credits: '3.5',
    });
    await post('/v1/statements', { period: '2025-08', agent: 'support' });
    for (const suffix of ['', '/document', '/csv', '/csv?bom=true&delimiter=semicolon'])
      expect((await get(`/v1/statements/${first.id}${suffix}`)).status).toBe(200);
    // A correction and a price of another currency came after the month was closed.
    await send(reply('paid', { usage: usage('9.99') }));
    const { body: list } = await get('/v1/statements');
    for (const { id } of list.data) await get(`/v1/statements/${id}`);
    for (const suffix of ['', '/document', '/csv'])
      expect((await get(`/v1/statements/${NOBODY}${suffix}`)).status).toBe(404);
  });

  it('of quarantine and erasure', async () => {
    const { body: waiting } = await get('/v1/quarantine');
    const [one, two, three] = waiting.data;
    expect((await get(`/v1/quarantine/${one.delivery_id}`)).status).toBe(200);
    await post(`/v1/quarantine/${one.delivery_id}/dismiss`, { reason: 'Nobody needs it.' });
    await post(`/v1/quarantine/${two.delivery_id}/replay`);
    expect((await post(`/v1/quarantine/${one.delivery_id}/replay`)).status).toBe(409);
    expect((await post(`/v1/quarantine/${one.delivery_id}/dismiss`, { reason: 'x' })).status).toBe(409);
    await post(`/v1/quarantine/${NOBODY}/replay`);
    await post(`/v1/quarantine/${NOBODY}/dismiss`, { reason: 'x' });
    await post(`/v1/quarantine/${three.delivery_id}/dismiss`, {});
    await post('/v1/quarantine/replay');
    const { body: deliveries } = await get('/v1/messages/gone/deliveries');
    expect((await ask('DELETE', '/v1/conversations/erased')).status).toBe(200);
    expect((await get(`/v1/deliveries/${deliveries.data[0].delivery_id}/body`)).status).toBe(410);
    expect((await ask('DELETE', '/v1/conversations/none')).status).toBe(404);
    await post('/v1/quarantine/dismiss?agent=default', { reason: 'All of it.' });
    for (const state of ['waiting', 'stored', 'dismissed']) {
      const { body } = await get(`/v1/quarantine?state=${state}`);
      for (const row of body.data) await get(`/v1/quarantine/${row.delivery_id}`);
    }
    expect((await get(`/v1/quarantine/${NOBODY}`)).status).toBe(404);
    expect((await get('/v1/quarantine?state=lost')).status).toBe(400);
    for (const suffix of ['', '/messages', '/transcript'])
      expect([suffix, (await get(`/v1/conversations/erased${suffix}`)).status]).toEqual([suffix, 410]);
    expect((await get('/v1/messages/gone')).status).toBe(410);
    expect((await get('/v1/messages/gone/deliveries')).status).toBe(410);
    expect((await get('/v1/conversations/erased/messages')).status).toBe(410);
  });

  it('of history', async () => {
    await get('/v1/conversations?period=2025-09&tz=Europe/Berlin&sort=credits&order=asc&limit=1');
    await get('/v1/conversations?q=hi');
    await get('/v1/conversations/c?agent=support');
    await get('/v1/conversations/c/messages?order=desc&agent=default');
    for (const format of ['json', 'csv', 'md'])
      expect((await get(`/v1/conversations/c/transcript?agent=default&format=${format}`)).status).toBe(200);
    const { body } = await get('/v1/messages?q=hi&component=A');
    expect(body.data).toHaveLength(1);
    for (const id of ['plain', 'paid', 'pieces', 'bytes', 'path']) {
      await get(`/v1/messages/${id}?agent=default`);
      const { body: deliveries } = await get(`/v1/messages/${id}/deliveries?agent=default`);
      expect((await get(`/v1/deliveries/${deliveries.data[0].delivery_id}/body`)).status).toBe(200);
    }
    await get('/v1/messages');
    await get('/v1/messages?message_type=ANSWER&from=2025-09-01&to=2025-10-01');
    for (const outcome of ['stored', 'repeated', 'revised', 'refused', 'refused,stored'])
      await get(`/v1/deliveries?outcome=${outcome}`);
    expect((await get('/v1/deliveries?outcome=lost')).status).toBe(400);
    for (const address of [
      'messages/paid',
      'messages/paid/deliveries',
      'messages?conversation_id=c',
      'conversations/c',
      'conversations/c/messages',
      'conversations/c/transcript',
      'usage?conversation_id=c',
      'usage/entries?message_id=paid',
    ])
      expect([address, (await get(`/v1/${address}`)).status]).toEqual([address, 409]);
    expect((await ask('DELETE', '/v1/conversations/c')).status).toBe(409);
    expect((await get(`/v1/deliveries/${NOBODY}/body`)).status).toBe(404);
    for (const path of [
      'messages/none',
      'conversations/none',
      'messages/none/deliveries',
      'conversations/none/messages',
      'conversations/none/transcript',
    ])
      expect((await get(`/v1/${path}`)).status).toBe(404);
    for (let cursor = ''; cursor !== 'end'; ) {
      const { body: page } = await get(`/v1/changes?limit=3${cursor}`);
      cursor = page.data.length === 0 ? 'end' : `&cursor=${page.next_cursor}`;
    }
    expect((await get('/v1/changes?cursor=nonsense')).status).toBe(400);
  });

  it('of usage', async () => {
    for (const query of [
      'period=2025-09',
      'period=2025-09&group_by=agent,conversation,message_type&sort=credits&bucket=none',
      'period=2025-09&bucket=hour&tz=Asia/Kathmandu&limit=3',
      'period=2025-09&format=csv',
      'period=2025-09&format=csv&bom=true&delimiter=semicolon',
      'from=2020-01-01&to=2020-02-01&bucket=month',
    ])
      expect((await get(`/v1/usage?${query}`)).status).toBe(200);
    expect((await get('/v1/usage?to=2025-01-01')).status).toBe(400);
    for (const format of ['json', 'csv', 'ndjson'])
      expect((await get(`/v1/usage/entries?period=2025-09&format=${format}`)).status).toBe(200);
    const { body } = await get('/v1/usage/entries?period=2025-09');
    expect(JSON.stringify(body)).toContain('"-');
    for (const kind of ['messages', 'deliveries', 'entries']) {
      for (const format of ['ndjson', 'csv'])
        expect((await get(`/v1/export?kind=${kind}&format=${format}`)).status).toBeLessThan(500);
    }
    expect((await get('/v1/export?kind=nothing')).status).toBe(400);
  });

  it('of operation', async () => {
    for (const path of ['/health/live', '/health/ready', '/openapi.json', '/docs', '/metrics'])
      expect((await get(path)).status).toBe(200);
    for (let cursor = '', pages = 0; pages < 50; pages += 1) {
      const { body } = await get(`/v1/audit?limit=5${cursor}`);
      if (body.next_cursor === null) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    await get('/v1/refusals');
  });

  it('of every operation, where it is refused', async () => {
    const { body: bound } = await post('/v1/keys', { scopes: ['ingest'], agent: 'support' });
    for (const [path, item] of Object.entries<object>(document.paths)) {
      const address = path.replace(/\{\w+\}/g, NOBODY);
      if (!path.startsWith('/v1/')) continue;
      for (const [name, operation] of Object.entries<Json>(item)) {
        const method = name.toUpperCase();
        expect((await ask(method, address, { token: 'nobody' })).status).toBe(401);
        expect((await ask(method, address, { token: bound.token })).status).toBe(403);
        expect((await ask(method, `${address}?nonsense=1`)).status).toBe(400);
        expect((await ask(method, `${address}?x=${'x'.repeat(15_000)}`)).status).toBe(414);
        const ahead = new Date(Date.now() + 3_600_000).toISOString();
        const recorded = { headers: { 'convoledger-recorded-by': ahead } };
        expect((await ask(method, address, recorded)).status).toBe(400);
        if (operation.requestBody === undefined) continue;
        expect((await ask(method, address, { body: 'x'.repeat(5_000_000) })).status).toBe(413);
        const text = { headers: { 'content-type': 'text/plain' }, body: 'x' };
        expect((await ask(method, address, text)).status).toBe(415);
      }
    }
    const long = `x=${'x'.repeat(15_000)}`;
    expect((await send({}, { address: `/webhook?${long}` })).status).toBe(414);
    for (const [token, asked, status] of [
      [INGEST, { body: {} }, 400],
      [bound.token, { body: {}, address: `?${long}` }, 414],
      [ADMIN, { body: {} }, 403],
      [INGEST, { body: 'x'.repeat(5_000_000) }, 413],
      [INGEST, { body: 'x', headers: { 'content-type': 'text/plain' } }, 415],
    ] as [string, Asked & { address?: string }, number][]) {
      const answer = await ask('POST', `/webhook/${token}${asked.address ?? ''}`, { token: null, ...asked });
      expect(answer.status).toBe(status);
    }
    expect((await get('/metrics', { token: null, headers: elsewhere })).status).toBe(401);
    expect((await get('/metrics', { token: bound.token, headers: elsewhere })).status).toBe(403);
    expect((await get(`/metrics?${long}`)).status).toBe(414);
  });

  it('of every operation, where an address sent too many wrong tokens', async () => {
    for (let n = 0; n < FAILURES; n += 1)
      await fetch(`${app.url}/v1/agents`, {
        headers: { authorization: `Bearer nobody${n}`, ...elsewhere },
      });
    for (const [path, item] of Object.entries<object>(document.paths)) {
      if (!path.startsWith('/v1/') && path !== '/metrics') continue;
      for (const method of Object.keys(item).map((name) => name.toUpperCase())) {
        const { status } = await ask(method, path.replace(/\{\w+\}/g, NOBODY), {
          token: 'nobody',
          headers: elsewhere,
        });
        expect([path, method, status]).toEqual([path, method, 429]);
      }
    }
  });

  it('of every operation, when the database is away', async () => {
    const name = new URL(app.databaseUrl).pathname.slice(1);
    const client = await openClient(process.env.TEST_SERVER_URL!);
    await client.query(`alter database ${name} allow_connections false`);
    await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    await client.end();
    for (const [path, item] of Object.entries<object>(document.paths)) {
      if (!('503' in Object.values<Json>(item)[0].responses)) continue;
      for (const method of Object.keys(item).map((name) => name.toUpperCase())) {
        const { status } = await ask(method, path.replace(/\{\w+\}/g, NOBODY), {
          token: 'x'.repeat(40),
          headers: elsewhere,
        });
        expect([path, method, status]).toEqual([path, method, 503]);
      }
    }
  });

  it('and none was passed over', () => {
    const missing = Object.entries<object>(document.paths).flatMap(([path, item]) =>
      Object.entries<Json>(item).flatMap(([method, { responses }]) =>
        Object.keys(responses)
          .map((status) => `${method.toUpperCase()} ${path} ${status}`)
          .filter((name) => !seen.has(name)),
      ),
    );
    expect(missing).toEqual([]);
  });
});
