import { createHash } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, createBrotliDecompress, createGunzip, gunzipSync, gzipSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { registerCompression } from '../../src/edge/compression.js';
import { answerProblem } from '../../src/errors/error.filter.js';
import { Problem } from '../../src/errors/problem.js';
import { ADMIN, json, startTestApp, type TestApp } from '../harness.js';

const DECODE = {
  br: brotliDecompressSync,
  gzip: gunzipSync,
  identity: (bytes: Buffer) => bytes,
};

const ask = (url: string, headers: Record<string, string>): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => get(url, { headers, agent: false }, resolve).on('error', reject));

describe('compressed answers', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
    const message = (n: number) => ({
      conversation_id: 'c',
      message_id: `m${n}`,
      create_time: 1758900000 + n,
      text: `Wir öffnen um neun. ${n}`,
      usage: { credits: { total_credits: `0.${n + 1}` } },
    });
    await Promise.all(Array.from({ length: 200 }, (_, n) => app.send(message(n))));
  }, 30_000);
  afterAll(() => app.close());

  const read = async (path: string, encoding?: string) => {
    const answer = await ask(`${app.url}/v1/${path}`, {
      authorization: `Bearer ${ADMIN}`,
      ...(encoding === undefined ? {} : { 'accept-encoding': encoding }),
    });
    const bytes = await buffer(answer);
    const used = (answer.headers['content-encoding'] ?? 'identity') as keyof typeof DECODE;
    return { headers: answer.headers, status: answer.statusCode, used, bytes, plain: DECODE[used](bytes) };
  };

  it.each([
    'messages?limit=200',
    'usage?period=2025-09&bucket=hour',
    'usage?period=2025-09&bucket=hour&format=csv',
    'usage/entries?format=ndjson',
    'export?kind=messages',
    'export?kind=deliveries&format=csv',
    'conversations/c/transcript',
    'conversations/c/transcript?format=md',
    `messages?${'unknown_a=1&unknown_b=1&'.replaceAll(/unknown/g, 'x'.repeat(400))}`,
  ])('are what they are without, and less than half as long: %s', async (path) => {
    const plain = await read(path);
    expect([plain.used, plain.headers.vary]).toEqual(['identity', 'accept-encoding']);
    for (const encoding of ['br', 'gzip'] as const) {
      const compressed = await read(path, encoding);
      expect([compressed.status, compressed.used]).toEqual([plain.status, encoding]);
      expect(compressed.headers['content-type']).toBe(plain.headers['content-type']);
      expect(compressed.headers.vary).toBe('accept-encoding');
      expect(compressed.plain.equals(plain.plain)).toBe(true);
      expect(compressed.bytes.length).toBeLessThan(plain.bytes.length / 2);
    }
  });

  it.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip;q=1, br;q=0.5', 'gzip'],
    ['deflate', 'identity'],
    ['gzip;q=0', 'identity'],
    ['identity', 'identity'],
    ['*', 'gzip'],
    ['no-such', 'identity'],
  ])('follow what is accepted: %s', async (accepted, used) => {
    expect((await read('messages?limit=200', accepted)).used).toBe(used);
  });

  it('are not made of short ones', async () => {
    const { used, headers } = await read('agents', 'br, gzip');
    expect([used, headers.vary]).toEqual(['identity', 'accept-encoding']);
  });

  it('are no answer with a secret in it', async () => {
    const answer = await fetch(`${app.url}/v1/keys`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${ADMIN}`,
        'content-type': 'application/json',
        'accept-encoding': 'gzip, br',
      },
      body: JSON.stringify({ label: 'l', scopes: ['read'], token: 'x'.repeat(100) }),
    });
    expect([answer.status, answer.headers.get('content-encoding'), answer.headers.get('vary')]).toEqual([
      201,
      null,
      null,
    ]);
  });

  it('are no bytes of a delivery, also where those are gzip themselves', async () => {
    const sent = gzipSync('x'.repeat(5_000), { level: 0 });
    const { delivery_id } = await json(await app.send(sent));
    const { used, bytes } = await read(`deliveries/${delivery_id}/body`, 'gzip, br');
    expect([used, bytes.equals(sent)]).toEqual(['identity', true]);
  });

  it('leave the document of a statement to the byte', async () => {
    const made = await fetch(`${app.url}/v1/statements`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' },
      body: '{"period":"2025-09","tz":"UTC"}',
    });
    const { id, sha256 } = await json(made);
    for (const encoding of ['identity', 'gzip', 'br']) {
      const { used, plain } = await read(`statements/${id}/document`, encoding);
      expect([used, createHash('sha256').update(plain).digest('hex')]).toEqual([encoding, sha256]);
    }
  });

  it('are nothing that the webhook knows of', async () => {
    const answer = await app.send(
      { conversation_id: 'c', message_id: 'w', create_time: 1758900000 },
      { headers: { 'accept-encoding': 'br' } },
    );
    expect([answer.headers.get('vary'), answer.headers.get('content-encoding')]).toEqual([null, null]);
    const refused = await app.send({ text: 'x'.repeat(5_000) }, { headers: { 'accept-encoding': 'br' } });
    expect([refused.status, refused.headers.get('content-encoding')]).toEqual([400, null]);
  });

  it('are told apart from those for pages of other origins', async () => {
    const cors = await startTestApp({ CORS_ORIGINS: 'https://a.example,https://b.example' });
    const answer = await fetch(`${cors.url}/v1/usage`, {
      headers: { origin: 'https://a.example', authorization: `Bearer ${ADMIN}` },
    });
    expect(answer.headers.get('vary')!.toLowerCase().split(/, */)).toEqual(
      expect.arrayContaining(['origin', 'accept-encoding']),
    );
    await cors.close();
  });
});

describe('a compressed stream', () => {
  let server: FastifyInstance;
  let url: string;
  /** What the next stream is made of. */
  let chunks: () => AsyncGenerator<string>;
  beforeAll(async () => {
    server = Fastify();
    server.setErrorHandler((_error, _request, reply) =>
      answerProblem(reply, new Problem(503, 'x'.repeat(2_000)), 'v1'),
    );
    await registerCompression(server);
    server.get('/v1/stream', (_request, reply) => {
      reply.type('text/csv').send(Readable.from(chunks(), { highWaterMark: 1 }));
    });
    await server.listen({ port: 0, host: '127.0.0.1' });
    url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}/v1/stream`;
  });
  afterAll(() => server.close());

  it.each([
    ['br', createBrotliDecompress],
    ['gzip', createGunzip],
  ])('sends what is there, before there is more: %s', async (encoding, decompressor) => {
    let goOn = () => {};
    const isRead = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    chunks = async function* () {
      yield 'the first line of a file\n';
      await isRead;
      yield 'the last line of a file\n';
    };
    const lines: string[] = [];
    const answer = await ask(url, { 'accept-encoding': encoding });
    for await (const chunk of answer.pipe(decompressor())) {
      lines.push(String(chunk));
      goOn();
    }
    expect(lines).toEqual(['the first line of a file\n', 'the last line of a file\n']);
  });

  it.each(['br', 'gzip', 'identity'])('that breaks ends as a broken transfer: %s', async (encoding) => {
    let isRead = () => {};
    const read = new Promise<void>((resolve) => {
      isRead = resolve;
    });
    chunks = async function* () {
      yield 'the first line of a file\n';
      await read;
      throw new Error('broken');
    };
    const answer = await ask(url, { 'accept-encoding': encoding });
    answer.once('data', isRead);
    await expect(buffer(answer)).rejects.toThrow('aborted');
  });

  it.each(['br', 'gzip', 'identity'])(
    'whose reader goes away is ended at its source: %s',
    async (encoding) => {
      let ended = () => {};
      const isEnded = new Promise<void>((resolve) => {
        ended = resolve;
      });
      chunks = async function* () {
        try {
          for (let n = 0; ; n++) yield `${n},`.repeat(10_000);
        } finally {
          ended();
        }
      };
      const answer = await ask(url, { 'accept-encoding': encoding });
      answer.once('data', () => answer.destroy());
      await isEnded;
    },
  );

  it.each(['br', 'gzip'] as const)('that fails before its first byte is an error: %s', async (encoding) => {
    // biome-ignore lint/correctness/useYield: it fails before
    chunks = async function* () {
      throw new Error('broken');
    };
    const answer = await ask(url, { 'accept-encoding': encoding });
    const bytes = await buffer(answer);
    expect([answer.statusCode, answer.headers['content-encoding']]).toEqual([503, encoding]);
    expect(JSON.parse(DECODE[encoding](bytes).toString())).toMatchObject({ status: 503 });
  });
});
