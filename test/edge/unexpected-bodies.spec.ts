import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { ADMIN, INGEST, type Json, json, startTestApp, type TestApp } from '../harness.js';
import { request as rawRequest, sendRaw } from './raw.js';

const AUTH = `Authorization: Bearer ${ADMIN}`;
/** `{"label":"ÿ"}` in ISO 8859-1. */
const LATIN1 = Buffer.from('{"scopes":["read"],"label":"\xff"}', 'latin1');

/** As no browser and no `fetch` would: a body with any method. */
function send(
  app: TestApp,
  method: string,
  path: string,
  body: string | Buffer,
  headers: OutgoingHttpHeaders = {},
): Promise<{ status: number; body: Json }> {
  return new Promise((resolve, reject) => {
    const framing =
      'transfer-encoding' in headers ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = { method, headers: { authorization: `Bearer ${ADMIN}`, ...framing, ...headers } };
    httpRequest(app.url + path, options, async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      resolve({ status: answer.statusCode!, body: text.startsWith('{') ? JSON.parse(text) : text });
    })
      .on('error', reject)
      .end(body);
  });
}

const complainsOfBody = (answer: Json) =>
  answer.status === 400 && answer.body.errors?.[0]?.field === 'body' && answer.body.errors.length === 1;

describe('a route of the API', () => {
  let app: TestApp;
  let operations: { method: string; path: string; hasBody: boolean }[];
  beforeAll(async () => {
    app = await startTestApp();
    const { paths } = await json(await fetch(`${app.url}/openapi.json`));
    operations = Object.entries<Json>(paths)
      .filter(([path]) => path.startsWith('/v1/'))
      .flatMap(([path, item]) =>
        Object.entries<Json>(item).map(([method, { requestBody }]) => ({
          method: method.toUpperCase(),
          path: path.replace(/\{\w+\}/g, '019a0000-0000-7000-8000-000000000000'),
          hasBody: requestBody !== undefined,
        })),
      );
  });
  afterAll(() => app.close());

  const without = () => operations.filter(({ hasBody }) => !hasBody);

  it.each<[string, string | Buffer, OutgoingHttpHeaders]>([
    ['JSON', '{"agent":"sales"}', { 'content-type': 'application/json' }],
    ['JSON without a type', '{"agent":"sales"}', {}],
    ['JSON in chunks', '{"agent":"sales"}', { 'transfer-encoding': 'chunked' }],
    ['an empty list', '[]', { 'content-type': 'application/json' }],
    ['null', 'null', { 'content-type': 'application/json' }],
    ['text', 'agent=sales', { 'content-type': 'text/plain' }],
    ['a form', 'agent=sales', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['what is packed', Buffer.from('1f8b0800', 'hex'), { 'content-encoding': 'gzip' }],
    ['what is not UTF-8', Buffer.from([0xff, 0xfe]), { 'content-type': 'application/json' }],
    ['what has no type at all', 'x', { 'content-type': 'nonsense' }],
  ])(
    'that takes no body refuses %s',
    async (_, body, headers) => {
      expect(without().length).toBeGreaterThan(25);
      const passed: string[] = [];
      for (const { method, path } of without()) {
        const answer = await send(app, method, path, body, headers);
        if (!complainsOfBody(answer)) passed.push(`${method} ${path} ${answer.status}`);
        if (method === 'GET' && (await send(app, 'HEAD', path, body, headers)).status !== 400)
          passed.push(`HEAD ${path}`);
      }
      expect(passed).toEqual([]);
    },
    30_000,
  );

  it.each<[string, string, OutgoingHttpHeaders]>([
    ['nothing', '', { 'content-type': 'application/json' }],
    ['nothing of another type', '', { 'content-type': 'text/plain' }],
    ['nothing in chunks', '', { 'transfer-encoding': 'chunked' }],
    ['white space', ' \t\r\n', { 'content-type': 'text/plain' }],
    ['an empty object', '{}', { 'content-type': 'application/json' }],
    ['a text mark alone', '\uFEFF', {}],
    ['an empty object in text marks', '\uFEFF{}\uFEFF', { 'content-type': 'application/json' }],
    ['an empty object in white space', '\n{ \t}\r\n', {}],
  ])(
    'that takes no body counts %s as none',
    async (_, body, headers) => {
      const refused: string[] = [];
      for (const { method, path } of without()) {
        const answer = await send(app, method, path, body, headers);
        if (complainsOfBody(answer) || answer.status === 415) refused.push(`${method} ${path}`);
      }
      expect(refused).toEqual([]);
    },
    30_000,
  );

  it('that takes a body reads it', async () => {
    const bodies = operations.filter(({ hasBody }) => hasBody);
    expect(bodies.length).toBeGreaterThan(4);
    for (const { method, path } of bodies) {
      const { status, body } = await send(app, method, path, '{"nonsense":1}');
      expect([method, path, status, body.errors]).toEqual([
        method,
        path,
        400,
        expect.arrayContaining([{ field: 'nonsense', problem: 'is not known here' }]),
      ]);
    }
  });

  it('that takes a body reads no text marks into it', async () => {
    const agent = '\uFEFF{"id":"marked","name":"\uFEFFSales\uFEFF"}\uFEFF';
    expect(await send(app, 'POST', '/v1/agents', agent)).toMatchObject({
      status: 201,
      body: { id: 'marked', name: 'Sales' },
    });
    expect(await send(app, 'PATCH', '/v1/agents/marked', '{"name":"\uFEFF"}')).toMatchObject({ status: 400 });
  });

  it('that takes a body takes an object only', async () => {
    for (const body of ['[]', '"text"', '1', 'null'])
      expect([body, (await send(app, 'PATCH', '/v1/agents/default', body)).body]).toEqual([
        body,
        expect.objectContaining({
          detail: 'The body is not a JSON object.',
          errors: [{ field: 'body', problem: 'must be a JSON object' }],
        }),
      ]);
  });

  it('that takes a body says what is wrong with one that is nested too deep, packed or too large', async () => {
    const nested = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    expect((await send(app, 'POST', '/v1/agents', nested)).body.detail).toBe(
      'The body is nested more than 16 levels deep.',
    );
    const chunked = { 'transfer-encoding': 'chunked' };
    expect((await send(app, 'POST', '/v1/agents', 'x'.repeat(4_194_305), chunked)).body).toMatchObject({
      status: 413,
      detail: 'The body is larger than this server accepts.',
    });
    const unpacked = await send(app, 'POST', '/v1/agents', '{"id":"unpacked"}', { 'content-encoding': '' });
    expect(unpacked.status).toBe(201);
  });

  it('does nothing of what it refuses', async () => {
    await app.send({ conversation_id: 'kept', message_id: 'kept', create_time: 1758900000 });
    const refused = await send(app, 'DELETE', '/v1/conversations/kept', '{"agent":"sales"}');
    expect(complainsOfBody(refused)).toBe(true);
    expect((await app.get('/v1/messages/kept')).status).toBe(200);
    expect((await send(app, 'DELETE', '/v1/conversations/kept', '{}')).status).toBe(200);
  });

  it('goes on with the connection after a body that it refused', async () => {
    const first = rawRequest('GET /v1/usage', [AUTH], '{"agent":"sales"}');
    const second = rawRequest('GET /v1/agents', [AUTH, 'Connection: close']);
    const answer = await sendRaw(app.url, first + second);
    expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*HTTP\/1\.1 200 [\s\S]*"default"/);
  });

  it.each([
    ['that nobody knows', 'GET /v1/usage', 'Authorization: Bearer nobody', 401],
    ['without the scope', 'DELETE /v1/conversations/c', `Authorization: Bearer ${INGEST}`, 403],
  ])('answers a key %s before the body is there', async (_, line, authorization, status) => {
    const answer = await sendRaw(app.url, rawRequest(line, [authorization, 'Content-Length: 100'], '{"a'));
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it('reads no more of a body than BODY_LIMIT', async () => {
    const large = 'x'.repeat(4_194_305);
    expect((await send(app, 'GET', '/v1/usage', large)).status).toBe(413);
    const answer = await sendRaw(
      app.url,
      rawRequest('GET /v1/usage', [AUTH, 'Transfer-Encoding: chunked'], `400001\r\n${large}\r\n0\r\n\r\n`),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('invites a body that is announced with Expect', async () => {
    const asked = rawRequest('GET /v1/usage', [AUTH, 'Expect: 100-continue', 'Connection: close'], '{"a":1}');
    expect(await sendRaw(app.url, asked)).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 400 /);
  });

  it('is the only one that minds: others do not wait for a body', async () => {
    const others = ['/health/live', '/health/ready', '/metrics', '/openapi.json', '/docs', '/nothing'];
    const headers = ['Content-Length: 100', 'Content-Type: text/plain'];
    const answers = await Promise.all(
      others.map((path) => sendRaw(app.url, rawRequest(`GET ${path}`, headers, 'half'))),
    );
    expect(answers.map((answer) => answer.slice(0, 12))).toEqual([
      ...others.slice(0, -1).map(() => 'HTTP/1.1 200'),
      'HTTP/1.1 404',
    ]);
  });

  it('refuses a body that is not UTF-8, and keeps nothing of it', async () => {
    const before = await app.database.prisma.apiKey.count();
    expect(complainsOfBody(await send(app, 'POST', '/v1/keys', LATIN1))).toBe(true);
    const surrogate = Buffer.from('{"scopes":["read"],"label":"\xed\xa0\x80"}', 'latin1');
    expect(complainsOfBody(await send(app, 'POST', '/v1/keys', surrogate))).toBe(true);
    expect(await app.database.prisma.apiKey.count()).toBe(before);
    expect(
      (await send(app, 'PATCH', '/v1/agents/default', Buffer.from('{"name":"\xff"}', 'latin1'))).status,
    ).toBe(400);
  });

  it('takes a leading mark (BOM) for no part of the body', async () => {
    const { status, body } = await send(app, 'POST', '/v1/keys', '\ufeff{"scopes":["read"],"label":"é"}');
    expect([status, body.label]).toEqual([201, 'é']);
  });
});
