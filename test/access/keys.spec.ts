import type { AddressInfo } from 'node:net';
import { KeyAdministrationService } from '../../src/access/key-administration.service.js';
import { createApp } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { DatabaseService } from '../../src/database/database.service.js';
import { createLogger } from '../../src/logging.js';
import { ADMIN, INGEST, type Json, startTestApp, type TestApp } from '../harness.js';

const PROBE = '{"istest":true}';
const JSON_TYPE = { 'content-type': 'application/json' };
const MESSAGE = '{"conversation_id":"c","message_id":"m","create_time":1758900000}';

describe('keys', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
    await app.database.prisma.agent.create({ data: { id: 'other', name: 'Other' } });
  });
  afterAll(() => app.close());

  const call = async (method: string, path: string, body?: unknown, token = ADMIN) => {
    const answer = await fetch(app.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : JSON_TYPE) },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: (text ? JSON.parse(text) : null) as Json };
  };
  const make = async (wanted: object) => {
    const answer = await call('POST', '/v1/keys', wanted);
    expect(answer.status).toBe(201);
    return answer.body;
  };
  const deliver = (token: string, body = PROBE, url = app.url) =>
    fetch(`${url}/webhook`, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${token}`, ...JSON_TYPE },
    });

  it('are made with a new token, which is shown once', async () => {
    const { status, headers, body } = await call('POST', '/v1/keys', {
      label: 'Sender',
      scopes: ['ingest'],
      agent: 'default',
    });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/v1/keys/${body.key_id}`);
    expect(headers.get('cache-control')).toBe('no-store');
    const { token, ...shown } = body;
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(shown).toEqual({
      key_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      label: 'Sender',
      scopes: ['ingest'],
      agent: 'default',
      hint: `…${token.slice(-4)}`,
      created_at: expect.stringMatching(/Z$/),
      expires_at: null,
      last_used_at: null,
      revoked_at: null,
    });
    expect((await call('GET', `/v1/keys/${shown.key_id}`)).body).toEqual(shown);
    expect((await call('GET', '/v1/keys')).body.data).toContainEqual(shown);
    expect((await deliver(token)).status).toBe(200);
  });

  it('take the token that a sender already has, once', async () => {
    const wanted = { scopes: ['ingest'], agent: 'other', token: 'the-sender-brought-this' };
    expect((await make(wanted)).token).toBe('the-sender-brought-this');
    const again = await call('POST', '/v1/keys', { ...wanted, agent: 'default' });
    expect(again.status).toBe(409);
    expect(again.body.errors[0].field).toBe('token');
    expect((await deliver('the-sender-brought-this', MESSAGE)).status).toBe(200);
    const { agentId } = await app.database.prisma.message.findFirstOrThrow({ where: { id: 'm' } });
    expect(agentId).toBe('other');
  });

  it('are several for one agent, so that a token is replaced without a gap', async () => {
    const old = await make({ scopes: ['ingest', 'read'], agent: 'default' });
    const young = await make({ scopes: ['ingest', 'read'], agent: 'default' });
    for (const { token } of [old, young]) expect((await deliver(token)).status).toBe(200);
    expect((await call('DELETE', `/v1/keys/${old.key_id}`)).status).toBe(204);
    expect([(await deliver(old.token)).status, (await deliver(young.token)).status]).toEqual([401, 200]);
  });

  it.each([
    ['no scope', { scopes: [] }, 'scopes'],
    ['scopes that are no list', { scopes: 'read' }, 'scopes'],
    ['an unknown scope', { scopes: ['write'] }, 'scopes'],
    ['a scope twice', { scopes: ['read', 'read'] }, 'scopes'],
    ['very many scopes', { scopes: Array(5_000).fill('read') }, 'scopes'],
    ['ingest without an agent', { scopes: ['ingest'] }, 'agent'],
    ['admin with an agent', { scopes: ['admin'], agent: 'default' }, 'agent'],
    ['ingest and admin', { scopes: ['admin', 'ingest'] }, 'scopes'],
    ['an agent that is not there', { scopes: ['read'], agent: 'nobody' }, 'agent'],
    ['an agent that cannot be', { scopes: ['read'], agent: 'No Body' }, 'agent'],
    ['an end in the past', { scopes: ['read'], expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
    ['an end without an offset', { scopes: ['read'], expires_at: '2199-01-01T00:00:00' }, 'expires_at'],
    ['an end on no day', { scopes: ['read'], expires_at: '2199-02-30T00:00:00Z' }, 'expires_at'],
    [
      'an end in a year of five digits',
      { scopes: ['read'], expires_at: '9999-12-31T23:59:59-23:59' },
      'expires_at',
    ],
    ['a label that is written backwards', { scopes: ['read'], label: '\u202enimda' }, 'label'],
    ['a body that is nested without end', `{"scopes":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, undefined],
    ['a name that every object has', '{"scopes":["read"],"toString":"x"}', 'toString'],
    ['a prototype', '{"scopes":["read"],"__proto__":{"agent":"default","polluted":1}}', '__proto__'],
    ['a constructor', '{"scopes":["read"],"constructor":{"prototype":{"polluted":1}}}', 'constructor'],
    ['scopes that only look like a list', { scopes: { 0: 'read', length: 1 } }, 'scopes'],
    ['a token with a space', { scopes: ['read'], token: 'two words' }, 'token'],
    ['an empty token', { scopes: ['read'], token: '' }, 'token'],
    ['a token that is no text', { scopes: ['read'], token: 12 }, 'token'],
    ['a label with a line end', { scopes: ['read'], label: 'a\r\n{"level":30}' }, 'label'],
    ['a label with NUL', { scopes: ['read'], label: '\0' }, 'label'],
    ['a lone surrogate', '{"scopes":["read"],"label":"\\ud800"}', 'label'],
    ['a field that nobody knows', { scopes: ['read'], scope: 'admin' }, 'scope'],
    ['a body that is no object', '["read"]', ''],
    ['nothing', undefined, undefined],
  ])('refuse %s', async (_, wanted, field) => {
    const count = await app.database.prisma.apiKey.count();
    const { status, body } = await call('POST', '/v1/keys', wanted);
    expect(status).toBe(400);
    if (field) expect(body.errors.map((error: Json) => error.field)).toContain(field);
    expect(await app.database.prisma.apiKey.count()).toBe(count);
  });

  it('expire', async () => {
    const { token, expires_at } = await make({
      scopes: ['read'],
      expires_at: new Date(Date.now() + 700).toISOString(),
    });
    expect((await app.get('/v1/usage', token)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, Date.parse(expires_at) - Date.now() + 20));
    expect((await app.get('/v1/usage', token)).status).toBe(401);
  });

  it('say when they were last used, without a write per request', async () => {
    const { key_id, token } = await make({ scopes: ['read'] });
    const before = Date.now();
    for (let times = 0; times < 3; times++) await app.get('/v1/usage', token);
    const stored = await app.database.prisma.apiKey.findUniqueOrThrow({ where: { id: key_id } });
    expect(stored.lastUsedAt).toBeNull();
    const { body } = await call('GET', `/v1/keys/${key_id}`);
    expect(Date.parse(body.last_used_at)).toBeGreaterThanOrEqual(before);
  });

  it('are listed newest first, in pages that miss none', async () => {
    for (let made = 0; made < 5; made++) await make({ scopes: ['read'], label: `page ${made}` });
    const whole = (await call('GET', '/v1/keys?limit=200')).body;
    const walked: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body } = await call('GET', `/v1/keys?limit=2${cursor && `&cursor=${cursor}`}`);
      walked.push(...body.data.map((key: Json) => key.key_id));
      cursor = body.next_cursor;
    }
    expect(walked).toEqual(whole.data.map((key: Json) => key.key_id));
    expect(whole.data[0].created_at >= whole.data.at(-1).created_at).toBe(true);
    expect(JSON.stringify(whole)).not.toContain('token');
    for (const query of [
      'cursor=abc',
      'cursor=',
      'limit=201',
      'limit=0',
      'limit=1e1',
      'limit=0x10',
      'limit=1&limit=2',
      'constructor=1',
    ])
      expect((await call('GET', `/v1/keys?${query}`)).status).toBe(400);
  });

  it('answer 404 where there is no such key, and revoke twice in peace', async () => {
    for (const id of ['nothing', '00000000-0000-0000-0000-000000000000', '%00', 'x'.repeat(300)]) {
      expect((await call('GET', `/v1/keys/${id}`)).status).toBe(404);
      expect((await call('DELETE', `/v1/keys/${id}`)).status).toBe(404);
    }
    const { key_id } = await make({ scopes: ['read'] });
    expect((await call('DELETE', `/v1/keys/${key_id}`)).status).toBe(204);
    const { revoked_at } = (await call('GET', `/v1/keys/${key_id}`)).body;
    expect((await call('DELETE', `/v1/keys/${key_id}`)).status).toBe(204);
    expect((await call('GET', `/v1/keys/${key_id}`)).body.revoked_at).toBe(revoked_at);
  });

  it('leave an administrator in office, also where two revoke each other at the same moment', async () => {
    const first = (await call('GET', '/v1/keys?limit=200')).body.data.find(
      (key: Json) => key.scopes[0] === 'admin',
    );
    const refused = await call('DELETE', `/v1/keys/${first.key_id}`);
    expect(refused.status).toBe(409);
    const administration = app.app.get(KeyAdministrationService);
    const request = { key: null, ip: '127.0.0.1' } as never;
    for (let times = 0; times < 5; times++) {
      const second = await make({ scopes: ['admin'] });
      const ends = await Promise.allSettled([
        administration.revoke(request, first.key_id),
        administration.revoke(request, second.key_id),
      ]);
      expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      await app.database.prisma.apiKey.update({ where: { id: first.key_id }, data: { revokedAt: null } });
      await app.database.prisma.apiKey.update({
        where: { id: second.key_id },
        data: { revokedAt: new Date() },
      });
    }
  });

  it('are written down when they are made and revoked, with who did it', async () => {
    const { key_id } = await make({ scopes: ['read'], agent: 'other', label: 'Audited' });
    await call('DELETE', `/v1/keys/${key_id}`);
    const { data } = (await call('GET', '/v1/audit?agent=other&limit=2')).body;
    expect(data).toEqual([
      {
        id: expect.any(String),
        at: expect.stringMatching(/Z$/),
        key: { key_id: expect.any(String), label: 'First administrator' },
        address: '127.0.0.1',
        action: 'key.revoked',
        agent: 'other',
        subject: key_id,
        details: { label: 'Audited' },
      },
      expect.objectContaining({ action: 'key.created', subject: key_id }),
    ]);
  });
});

describe('a key revoked by one of two processes', () => {
  it('is refused by the other from its next request on, whatever is sent', async () => {
    const one = await startTestApp();
    const config = readConfig({ INGEST_TOKEN: INGEST, ADMIN_TOKEN: ADMIN, BODY_LIMIT: '1000' });
    const app = await createApp(config, one.database.url, createLogger('silent'));
    try {
      await app.listen(0, '127.0.0.1');
      app.get(DatabaseService).prepared = true;
      const other = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
      const keys = `${one.url}/v1/keys`;
      const headers = { authorization: `Bearer ${ADMIN}`, ...JSON_TYPE };
      const bodies: [string, Record<string, string>, number][] = [
        [PROBE, {}, 200],
        [MESSAGE, {}, 200],
        ['not json', {}, 400],
        ['x'.repeat(2_000), {}, 413],
        ['text', { 'content-type': 'text/plain' }, 415],
      ];
      for (let times = 0; times < 5; times++) {
        const body = JSON.stringify({ scopes: ['ingest', 'read'], agent: 'default' });
        const { key_id, token } = (await (
          await fetch(keys, { method: 'POST', headers, body })
        ).json()) as Json;
        const ask = async () => {
          const own = { authorization: `Bearer ${token}` };
          const sent = bodies.map(([body, more]) =>
            fetch(`${other}/webhook`, { method: 'POST', body, headers: { ...own, ...JSON_TYPE, ...more } }),
          );
          const answers = await Promise.all([...sent, fetch(`${other}/v1/usage`, { headers: own })]);
          return answers.map(({ status }) => status);
        };
        expect(await ask()).toEqual([...bodies.map(([, , status]) => status), 200]);
        expect(
          (
            await fetch(`${keys}/${key_id}`, {
              method: 'DELETE',
              headers: { authorization: headers.authorization },
            })
          ).status,
        ).toBe(204);
        expect(await ask()).toEqual(Array(bodies.length + 1).fill(401));
      }
    } finally {
      await app.close();
      await one.close();
    }
  });
});

describe('a process that stops', () => {
  it('saves when keys were last used, and who was refused', async () => {
    const one = await startTestApp();
    const config = readConfig({ INGEST_TOKEN: INGEST, ADMIN_TOKEN: ADMIN });
    const app = await createApp(config, one.database.url, createLogger('silent'));
    try {
      await app.listen(0, '127.0.0.1');
      app.get(DatabaseService).prepared = true;
      const url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
      await fetch(`${url}/webhook`, { method: 'POST', headers: { authorization: `Bearer ${INGEST}` } });
      await fetch(`${url}/webhook`, { method: 'POST' });
      await app.close();
      const { data } = (await one.get('/v1/keys')).body;
      expect(data.find((key: Json) => key.agent === 'default').last_used_at).toMatch(/Z$/);
      expect((await one.get('/v1/refusals')).body.data).toMatchObject([{ lane: 'webhook', count: 1 }]);
    } finally {
      await one.close();
    }
  });
});
