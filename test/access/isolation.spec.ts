import { randomUUID } from 'node:crypto';
import type { AccessRule } from '../../src/access/access.js';
import { hashToken } from '../../src/access/token.js';
import { startTestApp, type TestApp } from '../harness.js';

/** What only the agent "default" has. Whoever may not see that agent must find neither in any answer. */
const TEXT = 'said-to-default-only';
const CREDITS = '0.123454321';
const LIVE = {
  ingest: { scopes: ['ingest'], agentId: 'default' },
  read: { scopes: ['read'] },
  'read of its agent': { scopes: ['read'], agentId: 'default' },
  'read of another agent': { scopes: ['read'], agentId: 'other' },
  finance: { scopes: ['finance'] },
  admin: { scopes: ['admin'] },
};
const DEAD = {
  expired: { scopes: ['admin'], expiresAt: new Date(Date.now() - 1) },
  revoked: { scopes: ['admin'], revokedAt: new Date() },
};
type Kind = 'none' | 'unknown' | keyof typeof LIVE | keyof typeof DEAD;
const KINDS: Kind[] = [
  'none',
  'unknown',
  'ingest',
  'read',
  'read of its agent',
  'read of another agent',
  'finance',
  'admin',
  'revoked',
  'expired',
];

/**
 * What a route's declared rule means for a kind of key: the status, or null where the key gets past the access hook. The
 * agent that a path names here is one that no key is bound to.
 */
function expected({ access, agentParameter }: DeclaredRoute, kind: Kind): 401 | 403 | null {
  if (access === 'anyone') return null;
  if (kind === 'none' || kind === 'unknown' || kind === 'expired' || kind === 'revoked') return 401;
  const { scopes, agentId }: { scopes: string[]; agentId?: string } = LIVE[kind];
  // These requests say that a proxy handed them on.
  const scope = access === 'read-or-local' ? 'read' : access;
  if (!scopes.some((one) => one === scope || ALLOWS[one]?.includes(scope))) return 403;
  const isOfAll = access === 'read-or-local' || agentParameter !== undefined;
  return isOfAll && agentId !== undefined ? 403 : null;
}

const ALLOWS: Record<string, string[]> = { finance: ['read'], admin: ['finance', 'read'] };

interface DeclaredRoute {
  method: string;
  url: string;
  access: AccessRule;
  agentParameter: string | undefined;
}

describe('every route, with every kind of key', () => {
  let app: TestApp;
  let routes: DeclaredRoute[];
  let ids: string[];
  let caller = 0;

  beforeAll(async () => {
    app = await startTestApp({ TRUST_PROXY: '127.0.0.1' });
    const { prisma } = app.database;
    await prisma.agent.create({ data: { id: 'other', name: 'Other' } });
    for (const [kind, key] of Object.entries({ ...LIVE, ...DEAD })) {
      const token = tokenOf(kind as Kind);
      const id = randomUUID();
      await prisma.apiKey.create({
        data: { id, tokenHash: Uint8Array.from(hashToken(token)), hint: '…', label: kind, ...key },
      });
    }
    const usage = { credits: { total_credits: CREDITS } };
    const ids_ = { conversation_id: 'conversation', message_id: 'message' };
    await app.send({ ...ids_, create_time: Math.floor(Date.now() / 1_000), text: TEXT, usage });
    await app.send({ message_id: 'refused', text: TEXT });
    const deliveries = await prisma.delivery.findMany();
    ids = ['conversation', 'message', 'default', 'refused', ...deliveries.map(({ id }) => id)];
    routes = app.app.getHttpAdapter().getInstance().declaredAccess;
  });
  afterAll(() => app.close());

  const tokenOf = (kind: Kind) => `token-of-${kind.replaceAll(' ', '-')}`;

  const call = async (method: string, path: string, kind: Kind) => {
    // Another address each time: too many refusals from one would be answered 429.
    caller += 1;
    const answer = await fetch(app.url + path, {
      method,
      headers: {
        'x-forwarded-for': `10.0.${caller >> 8}.${caller & 255}`,
        ...(kind === 'none' ? {} : { authorization: `Bearer ${tokenOf(kind)}` }),
      },
    });
    return { status: answer.status, text: await answer.text() };
  };
  const fill = (url: string, id: string, kind: Kind) =>
    url.replace(':token', tokenOf(kind)).replace(/:\w+/g, encodeURIComponent(id)).replace('*', 'x');

  it('there are routes of every rule', () => {
    expect(new Set(routes.map(({ access }) => access))).toEqual(
      new Set(['anyone', 'read-or-local', 'ingest', 'read', 'finance', 'admin']),
    );
    expect(routes.length).toBeGreaterThan(20);
  });

  it.each(KINDS)('%s', async (kind) => {
    const wrong: string[] = [];
    for (const route of routes) {
      const { method, url, access } = route;
      const { status } = await call(method, fill(url, 'nothing', kind), kind);
      const want = expected(route, kind);
      // Signing in asks for a header that other sites cannot send, and answers 403 without it.
      if (url === '/console/session' && status === 403) continue;
      const isRight = want === null ? status !== 401 && status !== 403 && status < 500 : status === want;
      if (!isRight) wrong.push(`${method} ${url} (${access}): ${status} instead of ${want ?? 'any other'}`);
    }
    expect(wrong).toEqual([]);
  });

  it.each(['none', 'read of another agent'] as const)(
    '%s sees nothing of the agent, whatever is asked',
    async (kind) => {
      const leaks: string[] = [];
      for (const { url } of routes.filter(({ method }) => method === 'GET')) {
        for (const id of url.includes(':') ? ids : ['']) {
          for (const query of [
            '',
            '?agent=default',
            '?agent=other',
            '?agent=other&agent=default',
            '?agent[]=default',
          ]) {
            const { status, text } = await call('GET', fill(url, id, kind) + query, kind);
            if (text.includes(TEXT) || text.includes(CREDITS) || status >= 500)
              leaks.push(`${url} ${id} ${query} ${status}`);
          }
        }
      }
      expect(leaks).toEqual([]);
    },
  );

  it('the agent’s own reader does see it, so that the last test can fail', async () => {
    const { text } = await call('GET', '/v1/messages/message', 'read of its agent');
    expect(text).toContain(TEXT);
    expect((await call('GET', '/v1/usage?bucket=none', 'read of its agent')).text).toContain(CREDITS);
  });
});
