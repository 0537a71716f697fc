import { Ajv2020 } from 'ajv/dist/2020.js';
import { ADMIN, type Json, json, startTestApp, type TestApp } from '../harness.js';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** Served, but of no use to anybody who reads the document. */
const FILES_OF_THE_PAGE = [
  '/docs/start.js',
  '/docs/{file}',
  '/',
  '/console/assets/{name}',
  '/console/session',
];

/** What any operation that asks for a token may answer. */
const EVERYWHERE = expect.arrayContaining(['401', '403', '503']);

/** Every route that Fastify answers, in the spelling of the document. */
function routesOf(app: TestApp): string[] {
  const { declaredAccess } = app.app.getHttpAdapter().getInstance();
  return declaredAccess
    .map(({ method, url }) => ({ method, path: url.replace(/:(\w+)/g, '{$1}') }))
    .filter(({ method, path }) => METHODS.includes(method) && !FILES_OF_THE_PAGE.includes(path))
    .map(({ method, path }) => `${method} ${path}`);
}

describe('the document of the API', () => {
  let app: TestApp;
  let document: Json;
  /** Addresses and ids of what the set-up made. */
  const made: Record<string, string> = {};
  beforeAll(async () => {
    app = await startTestApp();
    document = await json(await fetch(`${app.url}/openapi.json`));
    const usage = { tokens: { total_tokens: 3 }, credits: { total_credits: '0.1' } };
    const audio = [{ audio: 'https://files.example/a.mp3', transcript: 'Hello.' }];
    const output = [{ from_component_name: 'A', content: { text: 'Hello.', audio, image: ['kept'] } }];
    for (const body of [
      { message_id: 'with usage', usage, output },
      { message_id: 'without', text: 'hello' },
    ]) {
      const answer = await app.send({ conversation_id: 'c', create_time: 1758900000, ...body });
      expect(answer.status).toBe(200);
    }
    made.refused = (await json(await app.send({ conversation_id: 'c' }))).delivery_id;
    const post = (path: string, body: object) =>
      fetch(`${app.url}/v1/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    await post('agents/default/prices', { from: '2025-09-01', currency: 'USD', per_credit: '0.01' });
    made.statement = (await post('statements', { period: '2025-09', tz: 'UTC' })).headers.get('location')!;
    await fetch(`${app.url}/v1/messages`);
  });
  afterAll(() => app.close());

  it('needs no token, and says of itself that it is OpenAPI 3.1', async () => {
    expect(document.openapi).toBe('3.1.0');
    expect(JSON.stringify(document)).not.toContain('"nullable"');
  });

  it('has every route, with every method', async () => {
    const answered = routesOf(app);
    const documented = Object.entries<object>(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(answered.length).toBeGreaterThan(10);
    expect(documented.sort()).toEqual(answered.sort());
  });

  const operations = (): [string, Json][] =>
    Object.entries<object>(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]): [string, Json] => [`${method} ${path}`, operation]),
    );

  /** The schemas that good answers are made of. */
  function answers(): Set<string> {
    const named = new Set<string>();
    const follow = (part: unknown) => {
      for (const [, name] of JSON.stringify(part).matchAll(/#\/components\/schemas\/(\w+)/g)) {
        if (named.has(name!)) continue;
        named.add(name!);
        follow(document.components.schemas[name!]);
      }
    };
    for (const [, { responses }] of operations())
      follow(Object.entries(responses).filter(([status]) => Number(status) < 300));
    return named;
  }

  it('names every operation once, by a name that languages take', () => {
    const names = operations().map(([, { operationId }]) => operationId);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name: string) => !/^\w+$/.test(name))).toEqual([]);
  });

  it('says of every operation what it is for and what it answers', () => {
    for (const [name, { summary, responses }] of operations()) {
      expect([name, typeof summary]).toEqual([name, 'string']);
      const successes = Object.entries<Json>(responses).filter(([status]) => Number(status) < 300);
      expect([name, successes.length]).toEqual([name, 1]);
      for (const [status, { description, content = {} }] of successes) {
        expect([name, description]).toEqual([name, expect.stringMatching(/\.$/)]);
        expect([name, Object.keys(content).length > 0]).toEqual([name, status !== '204']);
        for (const { schema } of Object.values<Json>(content)) {
          expect([name, Object.keys(schema ?? {})]).toEqual([
            name,
            expect.arrayContaining([expect.any(String)]),
          ]);
        }
      }
    }
  });

  it('says of every operation how it fails, in the shape of its lane', () => {
    for (const [name, { responses, security }] of operations()) {
      const [type, schema] = name.includes(' /webhook')
        ? ['application/json', 'WebhookError']
        : ['application/problem+json', 'Problem'];
      const failures = Object.entries<Json>(responses).filter(([status]) => Number(status) >= 400);
      if (security?.length) expect([name, failures.map(([status]) => status)]).toEqual([name, EVERYWHERE]);
      // Health answers in a shape of its own what ails it.
      if (name.includes(' /health')) continue;
      for (const [status, { description, content }] of failures) {
        expect([name, status, description]).toEqual([name, status, expect.stringMatching(/\.$/)]);
        expect([name, status, content]).toEqual([
          name,
          status,
          { [type]: { schema: { $ref: `#/components/schemas/${schema}` } } },
        ]);
      }
    }
  });

  it('lets no operation of the API pass over a parameter that nobody knows', async () => {
    for (const [name] of operations()) {
      const [method, path] = name.split(' ') as [string, string];
      if (!path.startsWith('/v1/')) continue;
      const id = '019a0000-0000-7000-8000-000000000000';
      const hasBody = ['post', 'patch'].includes(method);
      const answer = await fetch(`${app.url}${path.replace(/\{\w+\}/g, id)}?nonsense=1`, {
        method: method.toUpperCase(),
        headers: {
          authorization: `Bearer ${ADMIN}`,
          ...(hasBody ? { 'content-type': 'application/json' } : {}),
        },
        ...(hasBody ? { body: path.endsWith('/dismiss') ? '{"reason":"x"}' : '{}' } : {}),
      });
      expect([name, answer.status, (await json(answer)).errors]).toEqual([
        name,
        400,
        expect.arrayContaining([{ field: 'nonsense', problem: 'is not known here' }]),
      ]);
    }
  });

  it('has no figure or text of an answer without an example', () => {
    const without: string[] = [];
    for (const [name, schema] of Object.entries<Json>(document.components.schemas)) {
      if (!answers().has(name)) continue;
      for (const [property, one] of Object.entries<Json>(schema.properties ?? {})) {
        const type = [one.type].flat().find((each) => each !== 'null');
        if (['string', 'integer', 'number'].includes(type) && !('example' in one || 'enum' in one))
          without.push(`${name}.${property}`);
      }
    }
    expect(without).toEqual([]);
  });

  it('asks for a token wherever the server does', async () => {
    expect(document.components.securitySchemes).toMatchObject({
      bearer: { type: 'http', scheme: 'bearer' },
      basic: { type: 'http', scheme: 'basic' },
    });
    for (const [name, { security }] of operations()) {
      const [method, path] = name.split(' ') as [string, string];
      const { status } = await fetch(app.url + path.replace(/\{\w+\}/g, 'x'), {
        method: method.toUpperCase(),
      });
      const asksInHeader = status === 401 && path !== '/webhook/{token}';
      expect([name, security?.length === 2]).toEqual([name, asksInHeader]);
    }
  });

  it.each([
    ['/v1/conversations', 'agent from to period tz sort order limit cursor'],
    ['/v1/conversations/{id}', 'id agent'],
    ['/v1/conversations/{id}/messages', 'id agent order limit cursor'],
    ['/v1/messages', 'agent conversation_id message_type from to period tz component order limit cursor'],
    ['/v1/messages/{id}', 'id agent'],
    ['/v1/messages/{id}/deliveries', 'id agent limit cursor'],
    ['/v1/deliveries/{id}/body', 'id'],
    ['/v1/usage', 'agent from to period tz bucket'],
  ])('has the parameters of %s, each explained', (path, names) => {
    const { parameters } = document.paths[path].get;
    const documented = parameters.map((parameter: Json) => parameter.name);
    expect(documented).toEqual(expect.arrayContaining(names.split(' ')));
    for (const { in: place, name, description } of parameters) {
      if (place === 'query') expect([name, typeof description]).toEqual([name, 'string']);
    }
  });

  it.each(['get /v1/conversations', 'get /v1/messages'])('says what the rules of %s say', (name) => {
    const { parameters } = Object.fromEntries(operations())[name];
    const schema = (of: string) => parameters.find((parameter: Json) => parameter.name === of).schema;
    expect(schema('limit')).toEqual({ type: 'integer', minimum: 1, maximum: 200, default: 50 });
    expect(schema('order')).toMatchObject({ enum: ['asc', 'desc'], default: 'desc' });
  });

  it('declares every part of a path as a parameter', () => {
    for (const [path, item] of Object.entries<Json>(document.paths)) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters } of Object.values<Json>(item))
        expect(parameters.filter((one: Json) => one.in === 'path').map(({ name }: Json) => name)).toEqual(
          names,
        );
    }
  });

  it.each([
    ['/v1/deliveries', 'outcome', ['stored', 'repeated,revised'], ['lost', 'stored,', 'stored repeated']],
    ['/v1/usage', 'group_by', ['agent', 'agent,message_type'], ['model', '']],
  ])('says how several values are given: %s, %s', (path, parameter, good, bad) => {
    const { parameters } = document.paths[path].get;
    const { pattern } = parameters.find(({ name }: Json) => name === parameter).schema;
    for (const value of good) expect(value).toMatch(new RegExp(pattern));
    for (const value of bad) expect(value).not.toMatch(new RegExp(pattern));
  });

  it('closes every schema but those in which the sender may send more', () => {
    const open = Object.entries<Json>(document.components.schemas)
      .filter(([, { properties, additionalProperties }]) => properties && additionalProperties !== false)
      .map(([name]) => name);
    expect(open.sort()).toEqual(['Audio', 'Content', 'Problem', 'WebhookError']);
  });

  /** The document as it is, with nothing added. */
  function checker(): Ajv2020 {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(structuredClone(document), 'api');
    return ajv;
  }

  const pointer = (...parts: string[]) =>
    `api#/${parts.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;

  it.each([
    ['/v1/conversations', '/v1/conversations', 200],
    ['/v1/conversations/{id}', '/v1/conversations/c', 200],
    ['/v1/conversations/{id}/messages', '/v1/conversations/c/messages?limit=1', 200],
    ['/v1/messages', '/v1/messages', 200],
    ['/v1/messages/{id}', '/v1/messages/with%20usage', 200],
    ['/v1/messages/{id}', '/v1/messages/without', 200],
    ['/v1/messages/{id}/deliveries', '/v1/messages/without/deliveries', 200],
    ['/v1/messages', '/v1/messages?limit=0', 400],
    ['/v1/usage', '/v1/usage?period=2025-09', 200],
    ['/v1/usage/entries', '/v1/usage/entries?period=2025-09', 200],
    ['/v1/changes', '/v1/changes', 200],
    ['/v1/statements', '/v1/statements', 200],
    ['/v1/statements/{id}', '{statement}', 200],
    ['/v1/keys', '/v1/keys', 200],
    ['/v1/agents', '/v1/agents', 200],
    ['/v1/agents/{id}', '/v1/agents/default', 200],
    ['/v1/agents/{id}/prices', '/v1/agents/default/prices', 200],
    ['/v1/audit', '/v1/audit', 200],
    ['/v1/conversations/{id}/transcript', '/v1/conversations/c/transcript', 200],
    ['/v1/refusals', '/v1/refusals', 200],
    ['/v1/quarantine', '/v1/quarantine', 200],
    ['/v1/quarantine/{id}', '/v1/quarantine/{refused}', 200],
    ['/health/live', '/health/live', 200],
    ['/health/ready', '/health/ready', 200],
    ['/v1/messages/{id}', '/v1/messages/none', 404],
  ])('describes what %s answers: %s, %i', async (path, address, status) => {
    const answer = await app.get(address.replace(/\{(\w+)\}/, (_, name) => made[name]!));
    expect(answer.status).toBe(status);
    const type = status === 200 ? 'application/json' : 'application/problem+json';
    const ajv = checker();
    const schema = pointer('paths', path, 'get', 'responses', String(status), 'content', type, 'schema');
    expect([ajv.validate({ $ref: schema }, answer.body), ajv.errors]).toEqual([true, null]);
  });

  it('describes what the webhook answers', async () => {
    const ajv = checker();
    const schema = (status: number) =>
      pointer(
        'paths',
        '/webhook',
        'post',
        'responses',
        String(status),
        'content',
        'application/json',
        'schema',
      );
    const { value } = document.paths['/webhook'].post.requestBody.content['application/json'].examples.reply;
    for (const [body, status] of [
      [value, 200],
      [{}, 400],
    ]) {
      const answer = await app.send(body);
      expect(answer.status).toBe(status);
      expect([ajv.validate({ $ref: schema(status) }, await answer.json()), ajv.errors]).toEqual([true, null]);
    }
  });

  it('has examples that fit what they are examples of', () => {
    const ajv = checker();
    for (const [name, schema] of Object.entries<Json>(document.components.schemas)) {
      for (const [property, { example }] of Object.entries<Json>(schema.properties ?? {})) {
        if (example === undefined) continue;
        const $ref = pointer('components', 'schemas', name, 'properties', property);
        expect([name, property, ajv.validate({ $ref }, example)]).toEqual([name, property, true]);
      }
    }
    for (const [operation, { parameters }] of operations()) {
      for (const { name, schema } of parameters) {
        const fits = schema.example === undefined || ajv.validate(schema, schema.example);
        expect([operation, name, fits]).toEqual([operation, name, true]);
      }
    }
  });

  it('has a page that loads nothing from elsewhere, without a token', async () => {
    const page = await fetch(`${app.url}/docs`);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    const html = await page.text();
    const loaded = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address!);
    expect(loaded).toHaveLength(4);
    for (const address of loaded) {
      expect(address).toMatch(/^\/docs\//);
      const file = await fetch(app.url + address);
      expect([address, file.status]).toEqual([address, 200]);
      expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(100);
    }
    for (const other of ['/docs/package.json', '/docs/..%2fpackage.json', '/docs/__proto__']) {
      expect((await fetch(app.url + other)).status).toBe(404);
    }
  });

  it('still answers HEAD and refuses other methods like any other address', async () => {
    const head = await fetch(`${app.url}/openapi.json`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const headers = { authorization: `Bearer ${ADMIN}` };
    expect((await fetch(`${app.url}/docs`, { method: 'DELETE', headers })).status).toBe(405);
  });
});
