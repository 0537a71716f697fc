import { readConfig } from '../../src/config.js';
import { ADDRESS_LENGTH, HEADER_BYTES } from '../../src/edge/limits.js';
import { ADMIN, INGEST, type Json, startTestApp, type TestApp } from '../harness.js';
import { request, sendRaw } from './raw.js';

const PROBE = '{"istest":true}';
const AUTH = `Authorization: Bearer ${INGEST}`;
const TYPE = 'Content-Type: application/json';

describe('the edge', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  /** Status and parsed body of one raw request. */
  const ask = async (text: string) => {
    const answer = await sendRaw(app.url, text, 3_000);
    const [head = '', body = ''] = answer.split(/\r\n\r\n(.*)/s);
    return { status: Number(head.split(' ')[1]), head, body: (body ? JSON.parse(body) : null) as Json };
  };
  const post = (target: string, headers: string[] = [], body = PROBE) =>
    ask(request(`POST ${target}`, [TYPE, 'Connection: close', ...headers], body));

  it.each(['/webhook', '/webhook/', '/%77ebhook', 'http://anything/webhook', '/webhook?x=1'])(
    'takes a delivery at %s for one, however the address is written',
    async (target) => {
      expect((await post(target, [AUTH])).body).toEqual({ code: 200, msg: 'success' });
      expect((await post(target, [AUTH], 'not json')).body).toMatchObject({
        code: 400,
        delivery_id: expect.any(String),
      });
      expect((await post(target)).body).toMatchObject({ code: 401 });
    },
  );

  it.each([
    ['percent-encoding that is none', '/webhook/%zz', 400],
    ['percent-encoding that is no UTF-8', '/webhook/%E0%A4%A', 400],
    ['a token that is too long', `/webhook/${'x'.repeat(5_000)}`, 414],
    ['an address that is too long', `/webhook/${'x/'.repeat(ADDRESS_LENGTH / 2)}`, 414],
    ['a NUL for a token', '/webhook/%00', 401],
    ['a token with a slash that nobody has', '/webhook/a%2Fb', 401],
    ['more than a token', '/webhook/a/b', 404],
  ])('answers %s in the shape of the webhook', async (_, target, status) => {
    const answer = await post(target);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ code: status, msg: expect.any(String), errors: [] });
    expect(answer.head).toMatch(/^x-content-type-options: nosniff/im);
  });

  it('takes a token with a slash in the path', async () => {
    const made = await fetch(`${app.url}/v1/keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ scopes: ['ingest'], agent: 'default', token: 'with/slash%and?more' }),
    });
    expect(made.status).toBe(201);
    expect((await post('/webhook/with%2Fslash%25and%3Fmore')).status).toBe(200);
  });

  it.each([
    ['garbage', 'GARBAGE\r\n\r\n', 400],
    ['an unknown version', `POST /webhook/${INGEST} HTTP/9.9\r\n\r\n`, 400],
    ['two lengths', request('POST /webhook', [AUTH, 'Content-Length: 1', 'Content-Length: 2'], PROBE), 400],
    [
      'a length beside chunks',
      request('POST /webhook', [AUTH, 'Content-Length: 1', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
      400,
    ],
    [
      'an unknown transfer encoding',
      request('POST /webhook', [AUTH, 'Transfer-Encoding: xchunked'], PROBE),
      400,
    ],
    ['a folded header', request('POST /webhook', ['Authorization:', ` Bearer ${INGEST}`], PROBE), 400],
    [
      'headers that are too long',
      request('POST /webhook', [AUTH, `X: ${'x'.repeat(HEADER_BYTES)}`], PROBE),
      431,
    ],
  ])('refuses %s without a word of what was sent', async (_, text, status) => {
    const answer = await ask(text);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({
      type: 'about:blank',
      title: expect.any(String),
      status,
      detail: expect.any(String),
      errors: [],
    });
    expect(answer.head).toMatch(/Connection: close/);
  });

  it('decides about each of several requests in one packet by its own token', async () => {
    const one = (headers: string[]) => request('POST /webhook', [TYPE, ...headers], PROBE);
    const answer = await sendRaw(app.url, one([AUTH]) + one([]) + one([AUTH]), 300);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 401', 'HTTP/1.1 200']);
  });

  it('takes the first of two Authorization headers', async () => {
    expect((await post('/webhook', [AUTH, 'Authorization: Bearer x'])).status).toBe(200);
    expect((await post('/webhook', ['Authorization: Bearer x', AUTH])).status).toBe(401);
  });

  it('tells browsers to run nothing but its own files, on errors too', async () => {
    for (const path of ['/health/live', '/v1/usage', '/nothing']) {
      const { headers } = await fetch(app.url + path);
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none';script-src 'self';style-src 'self';/,
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('strict-transport-security')).toBeNull();
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
    expect((await fetch(`${app.url}/docs`)).headers.get('content-security-policy')).toMatch(
      /script-src 'self';style-src 'self' 'unsafe-inline';/,
    );
  });

  it('bounds the time of slow senders, and how many connections there are', async () => {
    const server = app.app.getHttpServer();
    expect(server.headersTimeout).toBeLessThanOrEqual(10_000);
    expect(server.requestTimeout).toBeLessThanOrEqual(30_000);
    expect(server.maxConnections).toBeGreaterThan(0);
  });

  it('believes nobody about the address of a caller', async () => {
    await fetch(`${app.url}/v1/usage`, {
      headers: { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https' },
    });
    expect(app.logged()).not.toContain('192.0.2.1');
  });
});

describe('behind a proxy that is trusted', () => {
  it.each(['1', '127.0.0.0/8', '::1, 127.0.0.1'])('TRUST_PROXY=%s: takes its word', async (TRUST_PROXY) => {
    const app = await startTestApp({ TRUST_PROXY });
    try {
      const headers = { 'x-forwarded-for': '203.0.113.9, 192.0.2.1', 'x-forwarded-proto': 'https' };
      const answer = await fetch(`${app.url}/health/live`, { headers });
      expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000');
      expect(app.logged()).toContain('"address":"192.0.2.1"');
      // What the caller wrote before the proxy's own entry is hearsay.
      expect(app.logged()).not.toContain('203.0.113.9');
      await fetch(`${app.url}/health/live`, { headers: { 'x-forwarded-for': INGEST } });
      expect(app.logged()).not.toContain(INGEST);
    } finally {
      await app.close();
    }
  });
});

describe('pages of other origins', () => {
  it('may ask where their origin is configured, and no other', async () => {
    const app = await startTestApp({ CORS_ORIGINS: 'https://a.example, http://localhost:5173' });
    try {
      const preflight = (origin: string) =>
        fetch(`${app.url}/v1/keys`, {
          method: 'OPTIONS',
          headers: {
            origin,
            'access-control-request-method': 'POST',
            'access-control-request-headers': 'authorization',
          },
        });
      const allowed = await preflight('https://a.example');
      expect(allowed.status).toBe(204);
      expect(allowed.headers.get('access-control-allow-origin')).toBe('https://a.example');
      expect(allowed.headers.get('access-control-allow-credentials')).toBeNull();
      for (const origin of [
        'https://evil.example',
        'https://a.example.evil.example',
        'null',
        'http://a.example',
      ]) {
        expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull();
      }
      expect((await fetch(`${app.url}/nothing`)).status).toBe(404);
      expect((await fetch(`${app.url}/webhook`)).status).toBe(405);
      const read = await fetch(`${app.url}/v1/keys`, { headers: { origin: 'https://a.example' } });
      expect(read.status).toBe(401);
      expect(read.headers.get('access-control-allow-origin')).toBe('https://a.example');
    } finally {
      await app.close();
    }
  });
});

describe('the settings of the edge', () => {
  it.each([
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '0'],
    ['TRUST_PROXY', '99'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', 'proxy.example'],
    ['TRUST_PROXY', '10.0.0.1,'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'null'],
    ['CORS_ORIGINS', 'https://a.example/'],
    ['CORS_ORIGINS', 'a.example'],
  ])('%s cannot be %s', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(`${name} must be`);
  });

  it('are off by default', () => {
    expect(readConfig({})).toMatchObject({ trustProxy: false, corsOrigins: [] });
  });
});
