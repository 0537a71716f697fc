import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMIN, INGEST, startTestApp, type TestApp } from '../harness.js';

/** Sends the parts one after the other, however early an answer comes, and gives all that was answered. */
async function talk(url: string, ...parts: (string | Buffer)[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  let failure: Error | undefined;
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.on('error', (error) => {
    failure = error;
  });
  for (const part of parts) {
    await new Promise((resolve) => socket.write(part, resolve));
    await sleep(100);
  }
  await sleep(200);
  socket.destroy();
  if (failure) throw failure;
  return answer;
}

const head = (token: string, length: number, more = '') =>
  `POST /webhook HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${length}\r\n${more}\r\n`;

describe('a body', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  it.each([
    ['that is too large', INGEST, 413],
    ['of somebody unknown', 'unknown', 401],
    ['of somebody else', ADMIN, 403],
  ])('%s is answered so that a sender reads it who sends everything first', async (_, token, status) => {
    const parts = Array.from({ length: 8 }, () => Buffer.alloc(1_000_000, 'x'));
    const answer = await talk(app.url, head(token, 8_000_000), ...parts);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it('is invited only once it is known who sends it', async () => {
    const expecting = 'Expect: 100-continue\r\n';
    expect(await talk(app.url, head('unknown', 17, expecting))).toMatch(/^HTTP\/1\.1 401 /);
    const answer = await talk(app.url, head(INGEST, 15, expecting), '{"istest":true}');
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
  });
});
