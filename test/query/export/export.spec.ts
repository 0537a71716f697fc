import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type pg from 'pg';
import { linesOf } from '../../../src/commands/file-lines.js';
import type { FileKind } from '../../../src/webhook/import/file-kind.js';
import { type ImportCounts, importLines } from '../../../src/webhook/import/import-bodies.js';
import type { FileLine } from '../../../src/webhook/import/read-line.js';
import { WriterService } from '../../../src/webhook/writer.service.js';
import { ADMIN, type Json, openClient, startTestApp, type TestApp } from '../../harness.js';
import { addAgent, address, readToken, send, walk } from '../history/archive.js';

const MESSAGES = 400;

/** Every kind of content and usage that a message can have. */
const SHAPES = [
  { text: null, output: [{ content: { text: 'one' } }, { content: { text: 'two "2"\n' } }] },
  { output: [{ content: 'flat', branch: null, from_component_name: 'Größe \\ 名' }] },
  {
    output: [
      {
        content: {
          image: [{ url: 'x', n: 1.5 }],
          text: null,
          audio: [{ audio: 'u', transcript: 't', seconds: 3 }],
        },
      },
    ],
  },
  {
    text: '\u0001 control \u2028 \ud83d\ude00',
    usage: { tokens: { prompt_tokens: 9_007_199_254_740_991, completion_tokens: 9_007_199_254_740_991 } },
  },
  {
    usage: {
      tokens: { prompt_tokens: 1, prompt_tokens_details: { text_tokens: 1 } },
      credits: { audio_output_credits: '0.000000000000000000000000000001' },
    },
  },
  { usage: { tokens: { completion_tokens: 2, completion_tokens_details: { reasoning_tokens: 0 } } } },
  { usage: { credits: { text_input_credits: 100, text_output_credits: '1e-7' } } },
  { text: '', usage: {} },
];

async function fill(app: TestApp): Promise<void> {
  await addAgent(app, 'second');
  const body = (n: number, credits: string, more = {}) => ({
    conversation_id: `c${n % 7}`,
    message_id: `m${n}`,
    create_time: Math.floor(Date.UTC(2025, n % 12, 1 + (n % 28), n % 24) / 1000),
    message_type: n % 4 === 0 ? 'QUESTION' : 'ANSWER',
    text: `number ${n}, "quoted", 你好\nnext line`,
    ...(n % 4 === 0
      ? {}
      : { usage: { tokens: { total_tokens: n, prompt_tokens: n }, credits: { total_credits: credits } } }),
    ...more,
  });
  const deliver = (n: number, given: unknown) => (n % 3 === 0 ? send(app, 'second', given) : app.send(given));
  for (let n = 0; n < MESSAGES; n += 1) await deliver(n, body(n, `0.${n}00000000000000000001`));
  for (let n = 0; n < 40; n += 1) await deliver(n, body(n, `${n}.5`));
  for (let n = 0; n < 40; n += 2) await deliver(n, body(n, `0.${n}00000000000000000001`));
  for (let n = 1; n < 40; n += 2)
    await deliver(n, body(n, '9', { usage: undefined, create_time: 1_700_000_000 }));
  for (const [n, shape] of SHAPES.entries())
    await app.send({
      conversation_id: 'shapes',
      message_id: `shape-${n}`,
      create_time: 1_740_000_000 + n,
      ...shape,
    });
  await app.send('not json');
  await app.send('not json');
  await app.send(Buffer.from([0x7b, 0xff, 0xfe]));
  await app.send(
    Buffer.concat([
      Buffer.from(JSON.stringify(body(900, '7'))).subarray(0, -1),
      Buffer.from(',"x":"'),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]),
  );
}

const fetchText = async (app: TestApp, path: string, token = ADMIN) => {
  const answer = await fetch(app.url + path, { headers: { authorization: `Bearer ${token}` } });
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
};

const linesIn = (text: string): Json[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('taking the archive along', () => {
  let source: TestApp;
  beforeAll(async () => {
    source = await startTestApp();
    await fill(source);
  }, 60_000);
  afterAll(() => source.close());

  it('exports every message as the list shows it', async () => {
    const { status, type, text } = await fetchText(source, '/v1/export?kind=messages');
    expect([status, type]).toEqual([200, 'application/x-ndjson']);
    const rows = linesIn(text);
    expect(rows).toHaveLength(MESSAGES + SHAPES.length + 1);
    const listed = await walk(source, '/v1/messages', { order: 'asc', limit: 200 });
    const sorted = (all: Json[]) => all.map((row) => JSON.stringify(row)).sort();
    expect(sorted(rows)).toEqual(sorted(listed));
  });

  it.each([
    ['messages', (row: Json) => `${row.agent}/${row.message_id}`],
    ['deliveries', (row: Json) => row.delivery_id],
    ['entries', (row: Json) => row.entry_id],
  ])('goes on with %s after any row', async (kind, cursorOf) => {
    const all = linesIn((await fetchText(source, `/v1/export?kind=${kind}`)).text);
    expect(all.length).toBeGreaterThan(200);
    for (const at of [0, 100, all.length - 200, all.length - 2]) {
      const { text } = await fetchText(source, address('/v1/export', { kind, cursor: cursorOf(all[at]) }));
      expect(linesIn(text)).toEqual(all.slice(at + 1));
    }
  });

  it('exports CSV with as many rows and the same ids', async () => {
    for (const kind of ['messages', 'entries']) {
      const rows = linesIn((await fetchText(source, `/v1/export?kind=${kind}`)).text);
      const { type, text } = await fetchText(source, `/v1/export?kind=${kind}&format=csv`);
      expect(type).toBe('text/csv; charset=utf-8');
      for (const { message_id } of rows) expect(text).toContain(`,${message_id},`);
      expect(text.match(/\r\n/g)).toHaveLength(rows.length + 1);
    }
  });

  it('cuts by time and agent, and shows a key of one agent that agent alone', async () => {
    const of = async (parameters: object, token?: string) =>
      linesIn(
        (await fetchText(source, address('/v1/export', { kind: 'messages', ...parameters }), token)).text,
      );
    const january = await of({ period: '2025-01', agent: 'second' });
    expect(january.length).toBeGreaterThan(5);
    for (const row of january)
      expect([row.agent, row.create_time.slice(0, 7)]).toEqual(['second', '2025-01']);
    for (const row of await of({}, readToken('second'))) expect(row.agent).toBe('second');
  });

  it.each([
    ['no kind', {}],
    ['an unknown kind', { kind: 'keys' }],
    ['an unknown format', { kind: 'messages', format: 'xml' }],
    ['a cursor that names nothing', { kind: 'messages', cursor: 'default/none' }],
    ['a cursor of another kind', { kind: 'deliveries', cursor: 'default/m5' }],
    ['an unknown parameter', { kind: 'messages', limit: 5 }],
  ])('refuses %s', async (_, parameters) => {
    expect((await fetchText(source, address('/v1/export', parameters as never))).status).toBe(400);
  });

  it('says in the audit who took what', async () => {
    await fetchText(source, '/v1/export?kind=deliveries&agent=second');
    const { body } = await source.get('/v1/audit?action=export.read&limit=1');
    expect(body.data).toMatchObject([
      { agent: 'second', subject: 'deliveries', key: { label: expect.any(String) } },
    ]);
  });

  it.each(['json', 'csv', 'md'])('writes a conversation down as %s', async (format) => {
    const { status, text } = await fetchText(
      source,
      `/v1/conversations/c5/transcript?agent=default&format=${format}`,
    );
    expect(status).toBe(200);
    const { body } = await source.get('/v1/conversations/c5/messages?agent=default&limit=200');
    if (format === 'json') expect(JSON.parse(text).messages).toEqual(body.data);
    else for (const row of body.data) expect(text).toContain(row.message_id);
    if (format === 'md') expect(text).toContain('> number 5, "quoted", 你好\n> next line\n');
    expect((await fetchText(source, `/v1/conversations/c5/transcript?format=${format}`)).status).toBe(409);
    expect((await fetchText(source, `/v1/conversations/none/transcript?format=${format}`)).status).toBe(404);
  });

  describe('into an empty instance', () => {
    let target: TestApp;
    let client: pg.Client;
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'convoledger-import-'));
      target = await startTestApp();
      client = await openClient(target.database.url);
    });
    afterAll(async () => {
      await client.end();
      await target.close();
      await rm(folder, { recursive: true });
    });
    const complaints: string[] = [];
    const run = async (
      lines: AsyncIterable<FileLine>,
      kind: FileKind = 'deliveries',
    ): Promise<ImportCounts> => {
      const { counts } = await importLines(lines, {
        client,
        writer: target.app.get(WriterService),
        kind,
        agent: 'default',
        advance: () => {},
        complain: (line, problem) => complaints.push(`${line} ${problem}`),
      });
      return counts;
    };
    const linesFrom = (texts: string[]) =>
      Readable.from(
        texts.map(
          (text): FileLine => ({
            bytes: Buffer.from(text),
            size: Buffer.byteLength(text) + 1,
            isEnded: true,
          }),
        ),
      );

    it('brings the same answers about usage, digit for digit, and nothing more the second time', async () => {
      const file = join(folder, 'deliveries.ndjson');
      await writeFile(file, (await fetchText(source, '/v1/export?kind=deliveries')).text);
      const counts = await run(linesOf(file, 1024 ** 2));
      expect(counts).toEqual({
        stored: 401 + SHAPES.length,
        revised: 50,
        repeated: 30,
        refused: 3,
        alreadyHere: 0,
        probes: 0,
        erased: 0,
        dismissed: 0,
        leftOut: 0,
      });
      expect(await run(linesOf(file, 1024 ** 2))).toMatchObject({
        stored: 0,
        revised: 0,
        repeated: 0,
        refused: 0,
        alreadyHere: 484 + SHAPES.length,
      });

      for (const parameters of [
        { from: '2025-01-01', to: '2026-01-01' },
        { from: '2025-01-01', to: '2026-01-01', bucket: 'day', tz: 'Asia/Kolkata' },
        { from: '2025-01-01', to: '2026-01-01', bucket: 'none', group_by: 'agent,conversation,message_type' },
        { period: '2025-03', bucket: 'hour', agent: 'second' },
        {},
      ]) {
        const [before, after] = await Promise.all(
          [source, target].map(async (app) => (await app.get(address('/v1/usage', parameters))).body),
        );
        expect(after).toEqual(before);
      }
      const [before, after] = await Promise.all(
        [source, target].map(async (app) =>
          linesIn((await fetchText(app, '/v1/export?kind=deliveries')).text),
        ),
      );
      expect(after).toEqual(before);
      const live = await client.query(`select from api_key where label = 'import' and revoked_at is null`);
      expect(live.rowCount).toBe(0);
    }, 60_000);

    it('takes bodies as a sender would send them, once', async () => {
      const body = (text: string) =>
        JSON.stringify({ conversation_id: 'raw', message_id: 'raw', create_time: 1_600_000_000, text });
      const lines = () => linesFrom([body('one'), body('two'), '', '{"neither":1}', '{"istest":true}']);
      expect(await run(lines(), 'bodies')).toMatchObject({ stored: 1, revised: 1, refused: 1, probes: 1 });
      expect((await target.get('/v1/messages/raw')).body).toMatchObject({ text: 'two', revision: 2 });
      expect(await run(lines(), 'bodies')).toMatchObject({
        stored: 0,
        revised: 0,
        refused: 0,
        alreadyHere: 3,
      });
      expect((await target.get('/v1/messages?q=two&conversation_id=raw')).body.data).toHaveLength(1);
    });

    it('leaves out what claims to be a delivery and is none, and says which line', async () => {
      const line = {
        agent: 'default',
        received_at: '2020-01-01T00:00:00.000Z',
        sha256: 'x',
        delivery_id: 'y',
        body: '{}',
      };
      await run(linesFrom([JSON.stringify(line)]));
      expect(complaints).toEqual([expect.stringMatching(/^1 delivery_id must be/)]);
    });
  });
});
