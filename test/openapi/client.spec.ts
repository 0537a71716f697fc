import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ADMIN, startTestApp, type TestApp } from '../harness.js';

const run = promisify(execFile);
const MODULES = join(process.cwd(), 'node_modules');

/** What an integrator writes: it must compile against the generated types, and say what the server holds. */
const CLIENT = `
import createClient from 'openapi-fetch';
import type { paths } from './api.js';

const client = createClient<paths>({
  baseUrl: process.env.BASE_URL!,
  headers: { authorization: 'Bearer ' + process.env.TOKEN },
});

const { data: message } = await client.GET('/v1/messages/{id}', { params: { path: { id: 'a/b 你' } } });
if (!message) throw new Error('no message');
const credits: string | null | undefined = message.usage?.credits?.total_credits;
const tokens: number | null | undefined = message.usage?.tokens?.total_tokens;
const type: 'ANSWER' | 'QUESTION' = message.message_type;

const { data: list } = await client.GET('/v1/conversations', {
  params: { query: { sort: 'credits', order: 'desc', limit: 10, period: '2025-09' } },
});
const { error, response } = await client.GET('/v1/messages', { params: { query: { agent: 'nobody' } } });
const field: string | undefined = error?.errors[0]?.field;

// @ts-expect-error: there is no such order
client.GET.length > 99 && client.GET('/v1/messages', { params: { query: { order: 'up' } } });
// @ts-expect-error: there is no such route
client.GET.length > 99 && client.GET('/v1/nothing');

console.log(JSON.stringify([message.text, type, credits, tokens, list?.data.length, response.status, field]));
`;

const TSCONFIG = {
  compilerOptions: {
    module: 'NodeNext',
    target: 'ES2023',
    lib: ['ES2023', 'DOM'],
    types: ['node'],
    strict: true,
    skipLibCheck: false,
    outDir: 'out',
    rootDir: '.',
  },
  include: ['*.ts'],
};

describe('a client that is generated from the document', () => {
  let app: TestApp;
  let folder: string;
  beforeAll(async () => {
    app = await startTestApp();
    folder = await mkdtemp(join(tmpdir(), 'convoledger-client-'));
    await symlink(MODULES, join(folder, 'node_modules'));
    const usage = { tokens: { total_tokens: 3 }, credits: { total_credits: '0.1' } };
    const ids = { conversation_id: 'c', message_id: 'a/b 你' };
    const answer = await app.send({ ...ids, create_time: 1758900000, text: 'hello', usage });
    expect(answer.status).toBe(200);
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await app.close();
  });

  it('compiles, and reads a message', async () => {
    const document = await (await fetch(`${app.url}/openapi.json`)).text();
    await writeFile(join(folder, 'openapi.json'), document);
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    await writeFile(join(folder, 'client.ts'), CLIENT);
    const node = (...parameters: string[]) =>
      run(process.execPath, parameters, {
        cwd: folder,
        env: { ...process.env, NODE_OPTIONS: '', BASE_URL: app.url, TOKEN: ADMIN },
      }).catch((error) => {
        throw new Error(`${error.message}\n${error.stdout}`);
      });
    await node(join(MODULES, 'openapi-typescript/bin/cli.js'), 'openapi.json', '-o', 'api.ts');
    await node(join(MODULES, 'typescript/bin/tsc'), '-p', '.');
    const { stdout } = await node('out/client.js');
    expect(JSON.parse(stdout)).toEqual(['hello', 'ANSWER', '0.1', 3, 1, 400, 'agent']);
  }, 60_000);
});
