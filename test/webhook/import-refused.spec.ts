import { mkdirSync, readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { jest } from '@jest/globals';
import type { Json } from '../harness.js';
import { runCommandProcess } from '../operation/run-command.js';
import {
  body,
  MARK,
  makeFolder,
  makeTarget,
  type Source,
  startSource,
  type Target,
} from './import-target.js';
import { judge } from './judge-file.js';

jest.setTimeout(120_000);

const folder = makeFolder();
const { path, write } = folder;
let source: Source;
beforeAll(async () => {
  source = await startSource();
});
afterAll(async () => {
  await source.close();
  folder.remove();
});

const rowsOf = async (address: string) =>
  (JSON.parse(await source.ask(address)).data as Json[]).map((row) => `${JSON.stringify(row)}\n`).join('');

describe('what is no file to import', () => {
  let target: Target;
  let untouched: Json;
  beforeAll(async () => {
    target = await makeTarget();
    untouched = await target.rows();
  });
  afterAll(() => target.drop());

  // Each of these would take the command a second.
  it.each<[string, () => Promise<string | Buffer> | string | Buffer, RegExp]>([
    ['an export of messages', () => source.exportOf('messages'), /an export of messages/],
    ['an export of entries', () => source.exportOf('entries'), /an export of entries/],
    ['changes', () => rowsOf('/v1/changes'), /holds changes/],
    ['a list of deliveries', () => rowsOf('/v1/deliveries'), /list of deliveries without/],
    ['an answer of the API', () => source.ask('/v1/messages'), /answer of the API/],
    ['an error in place of an export', () => source.exportOf('delivery'), /answer of the API/],
    ['deliveries as CSV', () => source.exportOf('deliveries', '&format=csv'), /CSV/],
    ['messages as CSV', () => source.exportOf('messages', '&format=csv&delimiter=semicolon'), /CSV/],
    [
      'a transcript',
      () => source.ask('/v1/conversations/c/transcript?agent=default&format=json'),
      /several lines/,
    ],
    ['gzip', async () => gzipSync(await source.exportOf('deliveries')), /gunzip/],
    [
      'UTF-16',
      async () => Buffer.from(MARK + (await source.exportOf('deliveries')), 'utf16le'),
      /UTF-16.*iconv/,
    ],
    ['an array', () => `[${body('x')},\n${body('y')}]\n`, /array/],
    ['an object over lines', () => JSON.stringify(JSON.parse(body('x')), null, 2), /several lines/],
    ['nothing', () => '', /is empty/],
    ['random bytes', () => Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0]), /JSON|text/],
    ['one line that is cut', () => body('x').slice(0, -9), /cut short/],
  ])('is known for what it is: %s', async (_, content, sentence) => {
    expect(judge(Buffer.from(await content()))).toEqual({ refusal: expect.stringMatching(sentence) });
  });

  it.each<[string, () => Promise<string | Buffer> | string | Buffer, RegExp]>([
    ['an export of messages', () => source.exportOf('messages'), /an export of messages/],
    ['gzip', async () => gzipSync(await source.exportOf('deliveries')), /gunzip/],
    ['one line that is cut', () => body('x').slice(0, -9), /cut short/],
  ])('is refused with a sentence, and stores nothing: %s', async (_, content, sentence) => {
    const file = write(await content());
    const { code, stdout, stderr } = await target.run(file);
    const lines = stderr.trimEnd().split('\n');
    expect(lines[0]).toMatch(sentence);
    expect(lines[0]!.startsWith(`Nothing was imported: ${file} `)).toBe(true);
    expect([code, stdout, lines.length, lines[1]]).toEqual([1, '', 2, expect.stringMatching(/^Database: /)]);
    expect(await target.rows()).toEqual(untouched);
  });

  it('is refused, and says what it is: a backup', async () => {
    const file = path('backup');
    await runCommandProcess('backup', [file], { DATABASE_URL: source.databaseUrl });
    for (const content of [readFileSync(file), gunzipSync(readFileSync(file))]) {
      const { code, stderr } = await target.run(write(content));
      expect([code, stderr]).toEqual([1, expect.stringContaining('npm run restore')]);
    }
    expect(await target.rows()).toEqual(untouched);
  });

  it('is refused, and says what it is: a folder, and what is not there', async () => {
    mkdirSync(path('folder'));
    expect(await target.run(path('folder'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is a folder'),
    });
    expect(await target.run(path('none'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not exist'),
    });
  });

  it.each([
    [[], 'Name one file.'],
    [['a', '--create-agent'], '--create-agent needs --agent.'],
    [['a', '--agent', 'Not an id'], '--agent must be'],
  ])('is refused with its usage: %j', async (args, sentence) => {
    const { code, stderr } = await target.run(...args);
    expect([code, stderr]).toEqual([1, expect.stringContaining(sentence)]);
    expect(stderr).toContain('Usage: npm run import -- FILE');
  });
});
