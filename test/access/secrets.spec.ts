import { createHash } from 'node:crypto';
import { request, sendRaw } from '../edge/raw.js';
import { type Json, startTestApp, type TestApp } from '../harness.js';

const TOKENS = {
  ingest: 'ingest-secret-5c7d1f',
  admin: 'admin-secret-91be20',
  given: 'given-secret-77aa01',
  wrong: 'wrong-secret-0f0f0f',
  'of the wrong header': 'other-secret-123456',
};
const TYPE = 'Content-Type: application/json';
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Every form a token could be recognised by. Its SHA-256 is what is meant to be stored, so that is not one of them. */
const spellings = (token: string) => [
  token,
  encodeURIComponent(token),
  base64(token),
  base64(`user:${token}`),
  base64(`:${token}`),
  Buffer.from(token).toString('hex'),
];

describe('tokens', () => {
  let app: TestApp;
  let made: string;
  const answers: string[] = [];

  beforeAll(async () => {
    app = await startTestApp({ INGEST_TOKEN: TOKENS.ingest, ADMIN_TOKEN: TOKENS.admin, LOG_LEVEL: 'trace' });
    const headers = { authorization: `Bearer ${TOKENS.admin}`, 'content-type': 'application/json' };
    const post = async (body: object) => {
      const answer = await fetch(`${app.url}/v1/keys`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      return (await answer.json()) as Json;
    };
    made = (await post({ scopes: ['read'], label: 'made' })).token;
    const given = { scopes: ['ingest'], agent: 'default', token: TOKENS.given };
    await post(given);
    answers.push(JSON.stringify(await post(given)));
    answers.push(JSON.stringify(await post({ scopes: ['nothing'], token: TOKENS.wrong })));
    const all = [...Object.values(TOKENS), made];
    for (const token of all)
      for (const text of oddRequests(token)) answers.push(await sendRaw(app.url, text, 60));
    for (const path of ['/v1/keys', '/v1/audit', '/v1/refusals', '/health/ready', '/v1/quarantine']) {
      answers.push(JSON.stringify((await app.get(path, TOKENS.admin)).body));
    }
  }, 120_000);
  afterAll(() => app.close());

  /** What people, proxies and attackers do to a token on its way. */
  function oddRequests(token: string): string[] {
    const close = 'Connection: close';
    const as = (authorization: string) => [`Authorization: ${authorization}`, TYPE, close];
    const body = '{"conversation_id":"c","message_id":"m","create_time":1758900000}';
    return [
      request('POST /webhook', as(`Bearer ${token}`), body),
      request('POST /webhook', as(`Basic ${base64(`user:${token}`)}`), 'not json'),
      request('POST /webhook', as(`Basic ${base64(`:${token}`)}`), '[]'),
      request('POST /webhook', as(token), body),
      request('POST /webhook', [...as(`Bearer ${token}`), 'Content-Type: text/plain'], body),
      request('POST /webhook', [...as(`Bearer ${token}`), 'Content-Length: 99999999'], ''),
      request(`POST /webhook/${token}`, [TYPE, close], body),
      request(`POST /webhook/${base64(token)}`, [TYPE, close], body),
      request(`POST /webhook/${token}/more`, [TYPE, close], body),
      request(`POST /webhook/${token}%zz`, [TYPE, close], body),
      request(`POST /webhook/${token}%00`, [TYPE, close], body),
      request(`POST /webhook/${token.padEnd(5_000, 'x')}`, [TYPE, close], body),
      request(`POST /${token}`, [TYPE, close], body),
      request(`GET /webhook/${token}`, [close]),
      request(`PUT /webhook/${token}`, [TYPE, close], body),
      request(`OPTIONS /webhook/${token}`, [close]),
      request(`GET /v1/usage?token=${token}`, as(`Bearer ${token}`)),
      request(`GET /v1/usage?access_token=${token}`, [close]),
      request(`GET /v1/messages/${token}`, as(`Bearer ${token}`)),
      request(`GET /v1/keys/${token}`, as(`Bearer ${token}`)),
      request(`DELETE /v1/keys/${token}`, as(`Bearer ${token}`)),
      request(`GET /v1/keys?cursor=${token}`, as(`Bearer ${token}`)),
      request('GET /v1/usage', [...as('Bearer x'), `X-Forwarded-For: ${token}`, `User-Agent: ${token}`]),
      `POST /webhook/${token} HTTP/9.9\r\n\r\n`,
      `BREW /webhook/${token} HTTP/1.1\r\nHost: x\r\n\r\n`,
      request('POST /webhook', [...as(`Bearer ${token}`), 'Transfer-Encoding: chunked'], 'zz'),
    ];
  }

  const leaksOf = (text: string) =>
    [...Object.values(TOKENS), made].flatMap((token) =>
      spellings(token).filter((spelling) => text.includes(spelling)),
    );

  it('are in no log line', () => {
    expect(app.logged()).toContain('/webhook/:token');
    expect(leaksOf(app.logged())).toEqual([]);
  });

  it('are in no answer but the one that made them, not even where they were sent as something else', () => {
    // An unknown parameter is named in the answer, its value is not.
    expect(answers.length).toBeGreaterThan(100);
    expect(leaksOf(answers.join('\n'))).toEqual([]);
  });

  it('are in no column of any table, in clear or in bytes', async () => {
    const { pool } = app.database;
    const { rows: tables } = await pool.query<{ name: string }>(
      `select quote_ident(table_name) as name from information_schema.tables
       where table_schema = 'public' and table_type = 'BASE TABLE'`,
    );
    const leaks: string[] = [];
    let scanned = 0;
    for (const { name } of tables) {
      const { rows } = await pool.query<Record<string, unknown>>(`select * from ${name}`);
      for (const row of rows) {
        for (const [column, value] of Object.entries(row)) {
          const text = Buffer.isBuffer(value) ? value.toString('latin1') : (JSON.stringify(value) ?? '');
          scanned += 1;
          if (leaksOf(text).length > 0) leaks.push(`${name}.${column}`);
        }
      }
    }
    expect(scanned).toBeGreaterThan(100);
    expect(leaks).toEqual([]);
    const hash = createHash('sha256').update(made).digest();
    const { rowCount } = await pool.query('select 1 from api_key where token_hash = $1', [hash]);
    expect(rowCount).toBe(1);
  });
});
