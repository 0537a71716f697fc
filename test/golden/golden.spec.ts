import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Json } from '../harness.js';
import {
  type EmptyDatabase,
  keptDatabase,
  onClient,
  readKept,
  runCommand,
  type Served,
  serve,
} from '../upgrade/kept.js';
import { SCHEMA } from './schema.sql.js';

/** Files with what is promised to callers, to the byte. `UPDATE_GOLDEN=1 npm test -- test/golden` writes them anew. */
const FILES = 'test/golden/files';
const IS_UPDATE = process.env.UPDATE_GOLDEN === '1';

const { tokens, statements, answers } = readKept('utc');
const OCTOBER = 'period=2026-10';
const [{ id: statement }] = statements;

const ADDRESSES: string[] = [
  ...Object.keys(answers).filter((path) => !path.startsWith('/v1/keys')),
  `/v1/usage?${OCTOBER}&format=csv`,
  `/v1/usage?${OCTOBER}&format=csv&bom=true&delimiter=semicolon&tz=Asia/Kathmandu&bucket=week`,
  `/v1/usage?${OCTOBER}&bucket=none&group_by=agent,conversation,message_type&format=csv`,
  `/v1/usage?${OCTOBER}&bucket=hour&limit=30`,
  '/v1/usage?from=2020-01-01&to=2030-01-01&bucket=month',
  `/v1/usage/entries?${OCTOBER}`,
  `/v1/usage/entries?${OCTOBER}&format=csv`,
  `/v1/usage/entries?${OCTOBER}&format=ndjson`,
  ...['messages', 'deliveries', 'entries'].flatMap((kind) => [
    `/v1/export?kind=${kind}&format=ndjson`,
    `/v1/export?kind=${kind}&format=csv`,
  ]),
  ...['json', 'csv', 'md'].map(
    (format) => `/v1/conversations/talk-1/transcript?agent=default&format=${format}`,
  ),
  '/v1/conversations?sort=credits&order=asc',
  `/v1/conversations?${OCTOBER}&tz=Europe/Berlin`,
  '/v1/conversations/talk-1/messages?agent=default&order=desc&limit=3',
  '/v1/messages?limit=200&order=asc',
  '/v1/deliveries?limit=200',
  '/v1/deliveries?outcome=refused,revised',
  '/v1/changes?limit=200',
  `/v1/statements/${statement}/document`,
  `/v1/statements/${statement}/csv`,
  '/v1/messages/none',
  '/v1/messages?limit=0&nonsense=1',
  '/v1/conversations/erased/messages?agent=default',
  '/v1/usage?period=2026-13',
];

/** Commands, whose words may change and whose figures may not. */
const COMMANDS: [string, string[]][] = [
  ['verify', []],
  ['reindex', []],
  ['rebuild', []],
  ['reread', []],
  ['retain', ['--dry-run']],
];

/** What differs from one run to the next, or is opaque: cursors, the time zone rules of Node.js, the last use of a key. */
const steady = (text: string): string =>
  text
    .replace(/"next_cursor":"[^"]+"/g, '"next_cursor":"…"')
    .replace(/"tzdata":"[^"]+"/g, '"tzdata":"…"')
    .replace(/"(last_used_at)":"[^"]+"/g, '"$1":"…"');

const nameOf = (path: string): string =>
  path
    .replace(/cursor=[^&]+/, 'cursor')
    .replace(/^\/(v1\/)?/, '')
    .replace(/[^\w.-]+/g, '_');

/** The document without what only people read. */
function withoutProse(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutProse);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, one]) => !(['summary', 'description', 'title'].includes(key) && typeof one === 'string'))
      .map(([key, one]) => [key, withoutProse(one)]),
  );
}

describe('what is promised to callers', () => {
  let database: EmptyDatabase;
  let app: Served;
  beforeAll(async () => {
    mkdirSync(FILES, { recursive: true });
    database = await keptDatabase('utc');
    app = await serve(database.url, { INGEST_TOKEN: tokens.ingest, ADMIN_TOKEN: tokens.admin });
  }, 60_000);
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  const expectAsKept = (name: string, text: string): void => {
    const file = `${FILES}/${name}`;
    if (IS_UPDATE) writeFileSync(file, text);
    expect([name, existsSync(file) ? readFileSync(file, 'utf8') : null]).toEqual([name, text]);
  };

  it.each(ADDRESSES)('GET %s', async (path) => {
    const answer = await fetch(app.url + path, { headers: { authorization: `Bearer ${tokens.admin}` } });
    const head = ['content-type', 'content-disposition'].map(
      (name) => `${name}: ${answer.headers.get(name)}`,
    );
    // As text it would lose a byte order mark.
    const body = Buffer.from(await answer.arrayBuffer()).toString('utf8');
    expectAsKept(nameOf(path), `${answer.status}\n${head.join('\n')}\n\n${steady(body)}`);
  });

  it('/openapi.json', async () => {
    const document = await (await fetch(`${app.url}/openapi.json`)).json();
    expectAsKept('openapi.json', `${JSON.stringify(withoutProse(document), null, 1)}\n`);
  });

  it('the schema of the database', async () => {
    const lines = await onClient(
      database.url,
      async (client) => (await client.query<{ line: string }>(SCHEMA)).rows,
    );
    expectAsKept('schema.txt', `${lines.map(({ line }) => line).join('\n')}\n`);
  });

  it.each(COMMANDS)('npm run %s', async (command, args) => {
    const { code, stdout } = await runCommand(database.url, command, args);
    // Neither the name of the database nor a time.
    const figures = stdout
      .split('\n')
      .filter((line) => !line.startsWith('Database: '))
      .join('\n')
      .match(/\d[\d.,]*/g);
    expectAsKept(`command_${command}`, `${code}\n${(figures ?? []).join('\n')}\n`);
  });

  it('and no file is left of what is promised no more', () => {
    const names = [
      ...ADDRESSES.map(nameOf),
      'openapi.json',
      'schema.txt',
      ...COMMANDS.map(([command]) => `command_${command}`),
    ];
    expect(new Set(names).size).toBe(names.length);
    expect(readdirSync(FILES).sort()).toEqual(names.sort());
  });
});
