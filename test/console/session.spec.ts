import { SignInLinks } from '../../src/console/sign-in-links.js';
import { ADMIN, INGEST, json, startTestApp, type TestApp } from '../harness.js';

const OWN_PAGE = { 'x-convoledger-console': '1' };

describe('the session of the console', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  const present = (body: object, headers: Record<string, string> = OWN_PAGE) =>
    fetch(`${app.url}/console/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const cookieOf = (answer: Response) => answer.headers.get('set-cookie')!.split(';')[0]!;
  const signIn = async (token = ADMIN) => cookieOf(await present({ token }));
  const ask = (path: string, cookie: string, init: RequestInit = {}) =>
    fetch(app.url + path, { ...init, headers: { cookie, ...init.headers } });
  const makeKey = async (scopes: string[], more: object = {}) => {
    const answer = await fetch(`${app.url}/v1/keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ label: 'of a test', scopes, ...more }),
    });
    return json(answer);
  };
  const revoke = (id: string) =>
    fetch(`${app.url}/v1/keys/${id}`, { method: 'DELETE', headers: { authorization: `Bearer ${ADMIN}` } });

  it('is a cookie that scripts cannot read and other sites cannot send', async () => {
    const answer = await present({ token: ADMIN });
    expect(answer.status).toBe(204);
    const cookie = answer.headers.get('set-cookie')!;
    expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    expect(cookie).not.toContain(ADMIN);
    expect(await json(await ask('/console/session', cookieOf(answer)))).toMatchObject({
      session: { scopes: expect.arrayContaining(['admin']), agent: null },
      report_tz: 'UTC',
    });
  });

  it('opens what its key may read', async () => {
    expect((await ask('/v1/conversations', await signIn())).status).toBe(200);
    expect((await ask('/v1/conversations', 'convoledger_session=')).status).toBe(401);
  });

  it('changes something only with the header of our own page', async () => {
    const cookie = await signIn();
    const make = (headers: Record<string, string>) =>
      ask('/v1/keys', cookie, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ scopes: ['read'] }),
      });
    expect((await make({})).status).toBe(403);
    expect((await make(OWN_PAGE)).status).toBe(201);
    expect((await present({ token: ADMIN }, {})).status).toBe(403);
  });

  it('ends at once when its key is revoked', async () => {
    const { key_id, token } = await makeKey(['read']);
    const cookie = await signIn(token);
    expect((await ask('/v1/conversations', cookie)).status).toBe(200);
    await revoke(key_id);
    expect((await ask('/v1/conversations', cookie)).status).toBe(401);
    expect(await json(await ask('/console/session', cookie))).toMatchObject({ session: null });
  });

  it.each([
    [
      'another key in it',
      (cookie: string) => cookie.replace(/=[0-9a-f]/, (start) => (start === '=0' ? '=1' : '=0')),
    ],
    ['a later end in it', (cookie: string) => cookie.replace(/\.\d/, '.9')],
    ['no signature', (cookie: string) => cookie.replace(/\.[\w-]{43}$/, '')],
  ])('is refused with %s', async (_, spoil) => {
    const cookie = await signIn();
    expect(spoil(cookie)).not.toBe(cookie);
    expect((await ask('/v1/conversations', spoil(cookie))).status).toBe(401);
  });

  it('does not speak for a sender, nor beside a token', async () => {
    const cookie = await signIn();
    const send = { method: 'POST', headers: OWN_PAGE, body: '{}' };
    expect((await ask('/webhook', cookie, send)).status).toBe(401);
    const other = { headers: { authorization: 'Bearer somebody-else' } };
    expect((await ask('/v1/conversations', cookie, other)).status).toBe(401);
  });

  it('is forgotten by the browser at signing out', async () => {
    const answer = await ask('/console/session', await signIn(), { method: 'DELETE' });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('set-cookie')).toMatch(/^convoledger_session=; .*Max-Age=0$/);
  });

  it.each([
    ['an unknown token', { token: 'nobody knows it' }, 401],
    ['no token', {}, 401],
    ['a key that can only send', { token: INGEST }, 403],
    ['something else than a text', { token: 1 }, 400],
    ['an unknown field', { password: 'x' }, 400],
  ])('does not begin with %s', async (_, body, status) => {
    const answer = await present(body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  it('begins once by a link, for the first administrator', async () => {
    const code = (await app.app.get(SignInLinks).make())!;
    const answer = await present({ code });
    expect(answer.status).toBe(204);
    const { session } = await json(await ask('/console/session', cookieOf(answer)));
    expect(session).toMatchObject({ label: 'First administrator' });
    expect((await present({ code })).status).toBe(401);
    expect((await present({ code: 'made up' })).status).toBe(401);
  });

  it('leaves no token and no code in the log or the audit', async () => {
    const code = (await app.app.get(SignInLinks).make())!;
    await present({ code });
    await signIn();
    const events = await app.database.prisma.auditEvent.findMany({ where: { action: 'console.signed_in' } });
    expect(events.length).toBeGreaterThan(1);
    const written = JSON.stringify(events.map(({ details, subject }) => [details, subject])) + app.logged();
    expect(written).not.toContain(code);
    expect(written).not.toContain(ADMIN);
  });
});

describe('the files of the console', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  const assetsIn = (page: string) => [...page.matchAll(/\/console\/assets\/[\w.-]+/g)].map(([path]) => path);

  it('are a page that nobody keeps, with a policy that lets nothing else run', async () => {
    const answer = await fetch(app.url);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const policy = answer.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('unsafe');
    const nonce = /'nonce-([\w-]+)'/.exec(policy)![1]!;
    const page = await answer.text();
    expect(page).toContain(nonce);
    expect(page).not.toContain('__NONCE__');
    expect(await (await fetch(app.url)).text()).not.toContain(nonce);
  });

  it('name nothing that lies elsewhere, and are kept for ever', async () => {
    const page = await (await fetch(app.url)).text();
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
    const paths = assetsIn(page);
    expect(paths.length).toBeGreaterThanOrEqual(3);
    for (const path of paths) {
      const answer = await fetch(app.url + path, { headers: { 'accept-encoding': 'identity' } });
      expect([path, answer.status, answer.headers.get('cache-control')]).toEqual([
        path,
        200,
        'public, max-age=31536000, immutable',
      ]);
    }
  });

  it.each(['no-such-file.js', '..%2f..%2f..%2fmain.js', '%2e%2e'])('do not include %s', async (name) => {
    expect((await fetch(`${app.url}/console/assets/${name}`)).status).toBe(404);
  });
});
