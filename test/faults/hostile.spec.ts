import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import type pg from 'pg';
import {
  cloneDatabase,
  INGEST,
  type Json,
  json,
  openClient,
  startTestApp,
  type TestApp,
} from '../harness.js';
import { type RunningProcess, runProcess } from './run-process.js';

jest.setTimeout(3_600_000);

/** Bodies that the fuzz sends. */
const FUZZ_BODIES = Number(process.env.FUZZ_BODIES ?? 1_000);
const FUZZ_SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);

const deep = (levels: number, inner: string) => '['.repeat(levels) + inner + ']'.repeat(levels);
const whole = (more: string, id = 'hostile') =>
  `{"conversation_id":"c ${id}","message_id":"${id}","create_time":1758900000${more === '' ? '' : `,${more}`}}`;
const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));

/** What a body is about, the body, and the answer. */
const HOSTILE: [string, string | Buffer, number][] = [
  ['a NUL in a text', whole('"text":"a\\u0000b"', 'nul'), 200],
  ['a raw NUL in a text', bytes('{"text":"', [0], '"}'), 400],
  ['lone surrogates in keys and texts', whole('"text":"\\ud800","\\udfff":"\\ud800"', 'surrogate'), 200],
  [
    'bytes that are no UTF-8 in a text',
    bytes(whole('', 'u8').slice(0, -1), ',"text":"', [0xff, 0xc0, 0x80], '"}'),
    200,
  ],
  [
    'bytes that are no UTF-8 in an id',
    bytes('{"message_id":"', [0xff], '","conversation_id":"c","create_time":1758900000}'),
    400,
  ],
  ['a NUL in an id', '{"message_id":"a\\u0000","conversation_id":"c","create_time":1758900000}', 400],
  [
    'doubled keys, the last of which counts',
    '{"message_id":"first","message_id":"doubled","conversation_id":"c doubled","create_time":1758900000}',
    200,
  ],
  [
    '__proto__ and constructor',
    whole(
      '"__proto__":{"text":"x"},"constructor":{"prototype":{"y":1}},"output":[{"__proto__":{"a":1}}]',
      'proto',
    ),
    200,
  ],
  ['arrays a hundred thousand deep', deep(100_000, ''), 400],
  ['objects a hundred thousand deep', '{"a":'.repeat(100_000), 400],
  ['a depth of 65 in an unknown key', whole(`"x":${deep(64, '')}`), 400],
  ['a depth of 64 in an unknown key', whole(`"x":${deep(63, '')}`, 'deep'), 200],
  [
    'a token count of a thousand digits',
    whole(`"usage":{"tokens":{"total_tokens":${'9'.repeat(1000)}}}`),
    400,
  ],
  [
    'credits of a hundred thousand digits',
    whole(`"usage":{"credits":{"total_credits":0.${'1'.repeat(100_000)}}}`),
    400,
  ],
  ['a million digits in an unknown key', whole(`"x":${'7'.repeat(1_000_000)}`, 'digits'), 200],
  [
    'a million digits within a piece',
    whole(`"content":{"video":[${'7'.repeat(1_000_000)}]}`, 'piece digits'),
    200,
  ],
  ['1e400', whole('"usage":{"credits":{"total_credits":1e400}}'), 400],
  ['1e999999999', whole('"usage":{"credits":{"total_credits":1e999999999}}'), 400],
  ['1e-999999999', whole('"usage":{"credits":{"total_credits":1e-999999999}}'), 400],
  ['1e400 in an unknown key', whole('"x":1e400', 'large'), 200],
  ['-0', whole('"usage":{"tokens":{"total_tokens":-0},"credits":{"total_credits":-0.0}}', 'minus zero'), 200],
  ['twenty thousand pieces', whole(`"output":[${'{"content":"x"},'.repeat(19_999)}{}]`, 'pieces'), 200],
  ['a million pieces', whole(`"output":[${'{},'.repeat(1_000_000)}{}]`), 400],
  [
    'a million nulls as pieces, which are absent',
    whole(`"output":[${'null,'.repeat(800_000)}null]`, 'nulls'),
    200,
  ],
  ['a text of four million characters', whole(`"text":"${'x'.repeat(4_000_000)}"`, 'long text'), 200],
  ['a hundred thousand keys', `{${Array.from({ length: 100_000 }, (_, n) => `"k${n}":0`).join(',')}}`, 400],
  ['nothing', '', 400],
  ['null', 'null', 400],
  ['a number', '7', 400],
  ['an unfinished string', '{"message_id":"', 400],
  ['a byte order mark', `\ufeff${whole('', 'marked')}`, 200],
  ['something behind the end', `${whole('')} {}`, 400],
];

describe('hostile bodies at the real door', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  it.each(HOSTILE)('%s', async (_, body, status) => {
    const sent = Buffer.from(body);
    const answer = await app.send(sent);
    const said = await json(answer);
    expect([answer.status, said.code]).toEqual([status, status]);
    if (status === 400) {
      const kept = await app.database.prisma.delivery.findFirstOrThrow({ where: { id: said.delivery_id } });
      expect(Buffer.compare(Buffer.from(kept.body ?? []), sent)).toBe(0);
    }
  });

  it('compressed: refused, and nothing is kept', async () => {
    const count = await app.database.prisma.delivery.count();
    for (const encoding of ['gzip', 'deflate', 'br', 'gzip, identity'])
      expect((await app.send('x', { headers: { 'content-encoding': encoding } })).status).toBe(415);
    expect(await app.database.prisma.delivery.count()).toBe(count);
  });

  it('larger than the limit by far: the sender can read the 413, and no less the 401', async () => {
    for (let times = 0; times < 5; times++) {
      const body = new Uint8Array(20_000_000);
      expect((await app.send(body)).status).toBe(413);
      const stranger = await app.send(body, { headers: { authorization: 'Bearer nobody' } });
      expect([stranger.status, stranger.headers.get('www-authenticate')]).toEqual([401, expect.any(String)]);
    }
  });

  describe('from senders that do not keep to HTTP', () => {
    const head = (length: number | string, token = INGEST) =>
      `POST /webhook HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${length}\r\n\r\n`;
    /** Writes the parts with pauses and gives all that was answered until the end of the connection. */
    const speak = async (parts: string[], end = true): Promise<string> => {
      const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
      let heard = '';
      socket.on('data', (chunk) => {
        heard += chunk;
      });
      socket.on('error', () => {});
      const closed = new Promise((done) => socket.once('close', done));
      for (const part of parts) {
        socket.write(part);
        await sleep(50);
      }
      if (end) socket.end();
      await Promise.race([closed, sleep(end ? 10_000 : 1_000, undefined, { ref: false })]);
      socket.destroy();
      return heard;
    };
    const count = () => app.database.prisma.delivery.count();

    it('a body that is cut short is not kept', async () => {
      const before = await count();
      expect(await speak([head(500), whole('', 'short')])).not.toContain('200 OK');
      expect(await count()).toBe(before);
    });

    it('a body longer than it says: its beginning is refused, the rest is no request', async () => {
      const heard = await speak([head(10) + whole('', 'longer')]);
      expect(heard).toMatch(/^HTTP\/1\.1 400 /);
      expect(heard).not.toContain('200 OK');
    });

    it.each(['-1', 'x', '1e9', '99999999999999999999'])('a length of %s', async (length) => {
      expect(await speak([head(length), '{}'])).toMatch(/^HTTP\/1\.1 4(00|13) /);
    });

    it('a stranger is told 401 while the body is still on its way', async () => {
      expect(await speak([head(4_000_000, 'nobody'), 'x'.repeat(1000)], false)).toMatch(/^HTTP\/1\.1 401 /);
    });

    it('slow ones keep nobody waiting, and are served', async () => {
      const body = whole('', 'slow');
      const slow = Promise.all(
        Array.from({ length: 50 }, () => speak([head(body.length), ...body.match(/.{1,12}/g)!], false)),
      );
      let isOver = false;
      void slow.then(() => {
        isOver = true;
      });
      await sleep(100);
      expect((await app.send(whole('', 'quick'))).status).toBe(200);
      expect(isOver).toBe(false);
      for (const heard of await slow) expect(heard).toMatch(/^HTTP\/1\.1 200 /);
    });
  });
});

describe('a fuzz', () => {
  let database: Awaited<ReturnType<typeof cloneDatabase>>;
  let run: RunningProcess;
  let client: pg.Client;
  beforeAll(async () => {
    database = await cloneDatabase();
    run = runProcess(database.url);
    client = await openClient(database.url);
  });
  afterAll(async () => {
    run.child.kill('SIGKILL');
    await client.end();
    await database.drop();
  });

  it(`of ${FUZZ_BODIES} mutations of real bodies (seed ${FUZZ_SEED})`, async () => {
    const url = await run.url();
    const payloads: { body: string }[] = JSON.parse(readFileSync('test/fixtures/payloads.json', 'utf8'));
    const mutate = mutator(
      payloads.map(({ body }) => Buffer.from(body)),
      FUZZ_SEED,
    );
    const headers = { authorization: `Bearer ${INGEST}`, 'content-type': 'application/json' };
    /** The refused: by their id, the SHA-256 of what was sent. */
    const refused = new Map<string, string>();
    const counts: Record<number, number> = {};
    let left = FUZZ_BODIES;
    const send = async () => {
      while (left-- > 0) {
        const body = mutate();
        const answer = await fetch(`${url}/webhook`, {
          method: 'POST',
          headers,
          body: Uint8Array.from(body),
        });
        const said: Json = await json(answer);
        if (said.code !== answer.status || ![200, 400].includes(answer.status))
          throw new Error(`${answer.status} ${JSON.stringify(said)} for ${body.toString('base64')}`);
        counts[answer.status] = (counts[answer.status] ?? 0) + 1;
        if (answer.status === 400)
          refused.set(said.delivery_id, createHash('sha256').update(body).digest('hex'));
      }
    };
    await Promise.all(Array.from({ length: 32 }, send));
    const { rows } = await client.query(
      `select d.id::text, encode(sha256(coalesce(d.body, holder.body)), 'hex') as hash from delivery d
       left join delivery holder on holder.id = d.body_in where d.quarantine = 'waiting'`,
    );
    const kept = new Map(rows.map((row) => [row.id, row.hash]));
    for (const [id, hash] of refused)
      if (kept.get(id) !== hash) throw new Error(`${id} is not kept as it was sent.`);
    expect(counts[200]).toBeGreaterThan(0);
    expect(refused.size).toBe(counts[400]);
    const memory = run.memory();
    if (memory !== null) expect(memory).toBeLessThan(400);
    if (FUZZ_BODIES > 10_000) process.stderr.write(`fuzz: ${JSON.stringify(counts)}, ${memory} MiB\n`);
    const sums = await client.query(
      `select (select sum(total_credits) from usage_bucket where span = 900) - (select coalesce(sum(total_credits), 0) from message) as difference`,
    );
    expect(Number(sums.rows[0].difference)).toBe(0);
  });
});

/** Bodies near those of the sender: each is spoiled one to four times, in the same way for the same seed. */
function mutator(bodies: Buffer[], seed: number): () => Buffer {
  let state = seed >>> 0;
  // Mulberry32.
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (n: number) => Math.floor(random() * n);
  const oneOf = <T>(list: T[]): T => list[below(list.length)]!;
  const snippets = [
    ...[
      '\\u0000',
      '\\ud800',
      '"',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      'null',
      '1e400',
      '-0',
      '-1',
      '1e-31',
      '0x1',
      'true',
      '""',
    ],
    ...[
      '"__proto__":{},',
      '"usage":{},',
      '"output":[[]],',
      '"istest":1,',
      '"message_id":7,',
      '[[[[[[[[',
      '9007199254740993',
      '0.1'.repeat(40),
    ],
  ].map((text) => Buffer.from(text));
  snippets.push(
    Buffer.from([0]),
    Buffer.from([0xff, 0xfe]),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.from([0xc0, 0xaf]),
  );

  const spoil = (body: Buffer): Buffer => {
    const at = below(body.length + 1);
    const to = Math.min(body.length, at + below(12));
    const [before, after] = [body.subarray(0, at), body.subarray(at)];
    switch (below(7)) {
      case 0:
        return Buffer.concat([before, oneOf(snippets), after]);
      case 1:
        return Buffer.concat([before, body.subarray(to)]);
      case 2:
        return Buffer.concat([before, oneOf(snippets), body.subarray(to)]);
      case 3:
        return Buffer.concat([before, oneOf(bodies).subarray(below(200))]);
      case 4:
        return before;
      case 5:
        return Buffer.concat([before, body.subarray(at, to), after]);
      default: {
        const flipped = Buffer.from(body);
        if (flipped.length > 0) flipped[below(flipped.length)] = below(256);
        return flipped;
      }
    }
  };
  return () => {
    let body = oneOf(bodies);
    for (let times = 1 + below(4); times > 0; times--) body = spoil(body);
    return body;
  };
}
