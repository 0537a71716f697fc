import { request } from 'node:http';
import { ADMIN, type Json, startTestApp, type TestApp } from '../harness.js';
import { addAgent, readToken, sendMessage } from './history/archive.js';

const LISTS = ['/v1/conversations', '/v1/messages'];
const PAGES = [...LISTS, '/v1/conversations/c/messages', '/v1/messages/m/deliveries'];
const SINGLE = ['/v1/conversations/c', '/v1/messages/m'];
const USAGE = ['/v1/usage'];
const WITH_AGENT = [...PAGES, ...SINGLE, ...USAGE];
const WITH_RANGE = [...LISTS, ...USAGE];
const ALL = [...WITH_AGENT, '/v1/deliveries/019a0000-0000-7000-8000-000000000000/body'];

const LONG = 'x'.repeat(5_000);

/** A parameter, the routes that know it, and what it cannot be. */
const ABSURD: [string, string[], string[]][] = [
  [
    'limit',
    PAGES,
    [
      '',
      '0',
      '-1',
      '201',
      '1.5',
      '1e1',
      '0x10',
      '%205',
      '5%20',
      '+5',
      '%2B5',
      'NaN',
      'Infinity',
      'ten',
      '٣',
      '9'.repeat(400),
      '%00',
      '1%00',
      'null',
      '[]',
      '1,2',
      '0.1e2',
    ],
  ],
  ['cursor', PAGES, ['', '%00', 'AAAA', 'null', LONG, '..', '%F0%9F%98%80', '=', '[object%20Object]']],
  [
    'agent',
    WITH_AGENT,
    ['', '%00', 'Default', 'default%00', 'nobody', '%20default', LONG, "'", '*', '..', 'a,b', '😀'],
  ],
  [
    'order',
    [...LISTS, '/v1/conversations/c/messages'],
    ['', 'ASC', 'up', '1', '%00', 'asc;', LONG, 'asc,desc'],
  ],
  [
    'sort',
    ['/v1/conversations'],
    ['', 'create_time', 'credits;', '%00', LONG, 'CREDITS', 'constructor', '__proto__'],
  ],
  ['message_type', ['/v1/messages'], ['', 'answer', 'BOTH', '%00', LONG, 'ANSWER,QUESTION', 'toString']],
  ['conversation_id', ['/v1/messages'], ['', '%00', 'a%00b', 'x'.repeat(257)]],
  ['component', ['/v1/messages'], ['', '%00', 'a%00b', LONG]],
  [
    'from',
    WITH_RANGE,
    [
      '',
      '%00',
      'yesterday',
      '2026-13-01',
      '2026-02-30',
      '1',
      '1758900000',
      '2026-10-01T00:00:00',
      '0000-01-01',
      '%2B275760-09-13T00:00:00Z',
      '-000001-01-01',
      'infinity',
      '-infinity',
      'now',
      'epoch',
      LONG,
      '2026-10-01T25:00:00Z',
    ],
  ],
  ['to', WITH_RANGE, ['', '%00', 'tomorrow', '2026-00-01', '99999-01-01', 'infinity', LONG]],
  [
    'period',
    WITH_RANGE,
    ['', '%00', '2026', '2026-13', '2026-00', '10-2026', '2026-10-01', '99999-01', LONG],
  ],
  [
    'tz',
    WITH_RANGE,
    ['', '%00', 'Nonsense', 'Nonsense%2B5', 'Mars/Olympus', LONG, '../../etc/passwd', "UTC'"],
  ],
  ['nobody_knows_this', ALL, ['', '1', '%00', LONG]],
  ['__proto__', ALL, ['1']],
  ['constructor', ALL, ['1']],
  ['toString', ALL, ['1']],
  ['limit[]', ALL, ['1']],
  ['Agent', ALL, ['default']],
];

const REQUESTS = ABSURD.flatMap(([name, routes, values]) =>
  routes.flatMap((route) => values.map((value) => ({ name, path: `${route}?${name}=${value}` }))),
);

describe('absurd values', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
    for (const agent of ['default', 'other']) await addAgent(app, agent);
    await sendMessage(app, {
      agent: 'default',
      conversation_id: 'c',
      message_id: 'm',
      create_time: Date.parse('2026-10-01'),
      message_type: 'ANSWER',
      components: [],
      credits: '1',
      tokens: 1,
    });
  });
  afterAll(() => app.close());

  /** Sends an address as it stands: `fetch` would repair some of them. */
  const ask = (path: string, method = 'GET', token = ADMIN) =>
    new Promise<{ status: number; type: string; text: string }>((resolve, reject) => {
      const { hostname, port } = new URL(app.url);
      const headers = { authorization: `Bearer ${token}` };
      const asked = request({ hostname, port, path, method, headers, agent: false }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('end', () => {
          const type = answer.headers['content-type'] ?? '';
          resolve({ status: answer.statusCode!, type, text: Buffer.concat(chunks).toString() });
        });
      });
      asked.on('error', reject).end();
    });

  it('of every parameter of every route are answered 400 with the field and what was expected', async () => {
    const wrong: string[] = [];
    for (const { name, path } of REQUESTS) {
      const { status, type, text } = await ask(encodeURI(path).replaceAll('%25', '%'));
      const body: Json = JSON.parse(text);
      const isRight =
        status === 400 &&
        type.startsWith('application/problem+json') &&
        body.status === 400 &&
        body.errors?.some(
          ({ field, problem }: { field: string; problem: string }) =>
            field === name && /^(must (be|have|not) \S|is not known here)/.test(problem),
        ) &&
        body.detail.includes(name);
      if (!isRight) wrong.push(`${status} ${path.slice(0, 80)} ${text.slice(0, 300)}`);
    }
    expect(wrong).toEqual([]);
  }, 60_000);

  it.each(WITH_AGENT)('refuse a parameter that is given twice: %s', async (route) => {
    for (const [query, field] of [
      ['agent=default&agent=default', 'agent'],
      ['agent=default&agent=other', 'agent'],
      ['x=1&x=2', 'x'],
    ]) {
      const { status, text } = await ask(`${route}?${query}`);
      expect([status, JSON.parse(text).errors]).toEqual([400, [{ field, problem: 'must be given once' }]]);
    }
    expect((await ask(`${PAGES[0]}?limit=1&limit=1`)).status).toBe(400);
  });

  it.each(ALL)('refuse broken escapes, in the query and in the path: %s', async (route) => {
    for (const broken of ['%', '%z', '%zz', '%ff', '%ED%A0%80', '%C3']) {
      expect([broken, (await ask(`${route}?agent=${broken}`)).status]).toEqual([broken, 400]);
      expect([broken, (await ask(`${route}?${broken}=1`)).status]).toEqual([broken, 400]);
    }
  });

  const IDS = [
    '%00',
    'a%00',
    'none',
    'x'.repeat(256),
    'x'.repeat(257),
    LONG.slice(0, 4000),
    '%F0%9F%98%80'.repeat(256),
  ];
  const MORE_IDS = [
    '..%2f..%2fetc',
    "'%20or%201=1",
    'C',
    'c%20',
    '%25',
    '%20',
    'null',
    'undefined',
    '__proto__',
  ];
  it.each([...IDS, ...MORE_IDS].map((id) => [id.slice(0, 40), id]))(
    'find nothing at the id %s',
    async (_, id) => {
      for (const path of [
        `/v1/messages/${id}`,
        `/v1/messages/${id}/deliveries`,
        `/v1/conversations/${id}`,
        `/v1/conversations/${id}/messages`,
        `/v1/deliveries/${id}/body`,
      ]) {
        const { status, type } = await ask(path);
        expect([path, status, type.split(';')[0]]).toEqual([path, 404, 'application/problem+json']);
      }
    },
  );

  it.each([
    '019a0000-0000-7000-8000-00000000000',
    '019a0000-0000-4000-8000-000000000000',
    'ffffffff-ffff-7fff-bfff-ffffffffffff',
    '00000000-0000-7000-8000-000000000000',
    '00000000-0000-0000-0000-000000000000',
    '{019a0000-0000-7000-8000-000000000000}',
    '019a0000000070008000000000000000',
  ])('find no delivery at %s', async (id) => {
    expect((await ask(`/v1/deliveries/${id}/body`)).status).toBe(404);
  });

  it.each(['/v1/messages/%', '/v1/messages/%zz', '/v1/conversations/%ff', '/v1/deliveries/%C3/body'])(
    'answer %s 400: it is no address',
    async (path) => {
      const { status, type } = await ask(path);
      expect([status, type.split(';')[0]]).toEqual([400, 'application/problem+json']);
    },
  );

  it('keep an agent a secret from the key of another one, whether it exists or not', async () => {
    for (const agent of ['other', 'nobody']) {
      for (const route of WITH_AGENT) {
        const { status } = await ask(`${route}?agent=${agent}`, 'GET', readToken('default'));
        expect([route, status]).toEqual([route, 403]);
      }
    }
  });

  it.each(['c', 'none'])('answer HEAD like GET without a body: /v1/conversations/%s', async (id) => {
    const get = await ask(`/v1/conversations/${id}`);
    const head = await ask(`/v1/conversations/${id}`, 'HEAD');
    expect([head.status, head.type, head.text]).toEqual([get.status, get.type, '']);
  });

  it('ask a HEAD for the same token, and judge its parameters', async () => {
    expect((await ask('/v1/messages', 'HEAD', 'unknown')).status).toBe(401);
    expect((await ask('/v1/messages?limit=0', 'HEAD')).status).toBe(400);
    expect((await ask('/v1/messages?limit=1', 'HEAD')).status).toBe(200);
  });
});
