import { randomUUID } from 'node:crypto';
import { hashToken, presentedTokens } from '../../src/access/token.js';
import { ADMIN, INGEST, startTestApp, type TestApp } from '../harness.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('what an Authorization header may stand for', () => {
  it.each([
    ['Bearer T', 'Bearer secret'],
    ['Basic T', 'Basic secret'],
    ['a scheme in any case', 'bEARER secret'],
    ['base64 of T', `Basic ${base64('secret')}`],
    ['base64 of user:T', `Basic ${base64('user:secret')}`],
    ['base64 of T:', `Basic ${base64('secret:')}`],
    ['base64 of :T', `Bearer ${base64(':secret')}`],
    ['base64 without padding', `Basic ${base64('user:secret').replace(/=+$/, '')}`],
  ])('%s', (_, header) => {
    expect(presentedTokens(header)).toContain('secret');
  });

  it.each([undefined, '', 'secret', 'Bearer', 'Bearer ', 'Digest secret', 'Bearer two words'])(
    'nothing: %s',
    (header) => {
      expect(presentedTokens(header)).toEqual([]);
    },
  );
});

describe('access', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  const status = async (path: string, init: RequestInit = {}) => (await fetch(app.url + path, init)).status;
  const post = (token: string | undefined, body = '{}', path = '/webhook') =>
    fetch(app.url + path, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
  const makeKey = async (
    token: string,
    data: { scopes: string[]; agentId?: string; expiresAt?: Date; revokedAt?: Date },
  ) =>
    app.database.prisma.apiKey.create({
      data: {
        id: randomUUID(),
        tokenHash: Uint8Array.from(hashToken(token)),
        hint: '…',
        label: token,
        ...data,
      },
    });

  it.each(['not json', 'x'.repeat(5_000_000)])('answers 401 before it looks at the body', async (body) => {
    for (const token of [undefined, 'unknown']) {
      const answer = await post(token, body);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/Bearer/);
      expect(await answer.json()).toMatchObject({ code: 401, errors: [] });
    }
    expect(await app.database.prisma.delivery.count()).toBe(0);
  });

  it('answers 403 where the scope is missing, before it looks at the body', async () => {
    expect((await post(ADMIN, 'not json')).status).toBe(403);
    expect((await app.get('/v1/usage', INGEST)).status).toBe(403);
    expect(await app.database.prisma.delivery.count()).toBe(0);
  });

  it('refuses expired and revoked keys', async () => {
    await makeKey('expired', { scopes: ['ingest'], agentId: 'default', expiresAt: new Date(Date.now() - 1) });
    await makeKey('revoked', { scopes: ['ingest'], agentId: 'default', revokedAt: new Date() });
    expect((await post('expired')).status).toBe(401);
    expect((await post('revoked')).status).toBe(401);
  });

  it('refuses a key from the moment it is revoked, even one that was just used', async () => {
    const { id } = await makeKey('short-lived', { scopes: ['ingest'], agentId: 'default' });
    expect((await post('short-lived', '{"istest":true}')).status).toBe(200);
    await app.database.prisma.apiKey.update({ where: { id }, data: { revokedAt: new Date() } });
    for (const body of ['{"istest":true}', 'not json', '{}'])
      expect((await post('short-lived', body)).status).toBe(401);
  });

  it('takes the token in the path where a sender can set no header', async () => {
    expect((await post(undefined, '{"istest":true}', `/webhook/${INGEST}`)).status).toBe(200);
    expect((await post(undefined, '{"istest":true}', '/webhook/unknown')).status).toBe(401);
  });

  it('shows a key of one agent that agent only', async () => {
    await app.database.prisma.agent.create({ data: { id: 'other', name: 'Other' } });
    await makeKey('reads-other', { scopes: ['read'], agentId: 'other' });
    await app.send({ conversation_id: 'c', message_id: 'of default', create_time: 1_758_900_000 });
    expect((await app.get('/v1/messages/of%20default')).status).toBe(200);
    expect((await app.get('/v1/messages/of%20default', 'reads-other')).status).toBe(404);
    expect((await app.get('/v1/messages/of%20default?agent=default', 'reads-other')).status).toBe(403);
  });

  it('asks nothing of whoever looks after its health, and never logs a token or a text', async () => {
    expect(await status('/health/live')).toBe(200);
    expect(await status('/health/ready')).toBe(200);
    const logged = app.logged();
    expect(logged).toContain('/webhook/:token');
    for (const secret of [INGEST, ADMIN, 'unknown', 'short-lived']) expect(logged).not.toContain(secret);
  });

  it('answers 404 for what is not there and 405 for what is there with another method', async () => {
    expect(await status('/v1/nothing')).toBe(404);
    const answer = await fetch(`${app.url}/webhook`);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
  });

  it.each(['PUT', 'PROPFIND', 'SEARCH', 'MKCOL', 'LOCK'])(
    'tells %s apart from an address that is not there',
    async (method) => {
      const answer = await fetch(`${app.url}/v1/agents`, { method });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
      expect((await fetch(`${app.url}/v1/nothing`, { method })).status).toBe(404);
    },
  );
});
