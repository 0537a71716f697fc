import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMIN, INGEST, type Json, startTestApp, type TestApp } from '../harness.js';

describe('a caller that hangs up in the middle of a body', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  }, 20_000);
  afterAll(() => app.close());

  const hangUps = () => app.logged().split('hung up').length;

  it.each<[string, string, string, string, 'destroy' | 'end' | 'resetAndDestroy']>([
    ['a delivery', 'POST /webhook', INGEST, 'Content-Length: 100\r\n\r\n{"a', 'destroy'],
    ['a delivery that ends early', 'POST /webhook', INGEST, 'Content-Length: 100\r\n\r\n{"a', 'end'],
    [
      'a delivery that is reset',
      'POST /webhook',
      INGEST,
      'Content-Length: 100\r\n\r\n{"a',
      'resetAndDestroy',
    ],
    [
      'a delivery in chunks',
      'POST /webhook',
      INGEST,
      'Transfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n',
      'destroy',
    ],
    ['an order', 'POST /v1/keys', ADMIN, 'Content-Length: 100\r\n\r\n{"a', 'destroy'],
    ['a question with a body', 'GET /v1/usage', ADMIN, 'Content-Length: 100\r\n\r\n{"a', 'destroy'],
  ])(
    'is no error: %s',
    async (_, line, token, rest, how) => {
      const { hostname, port } = new URL(app.url);
      const before = hangUps();
      const socket = connect(Number(port), hostname).on('error', () => {});
      const head = `${line} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nExpect: 100-continue\r\n${rest}`;
      socket.write(head);
      // The server says "100 Continue" when it begins to read the body.
      await once(socket, 'data');
      socket[how]();
      const end = Date.now() + 10_000;
      while (hangUps() === before && Date.now() < end) await sleep(10);
      expect(hangUps()).toBe(before + 1);
      const lines: Json[] = app
        .logged()
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text));
      expect(lines.filter(({ level, err }) => level >= 40 || err !== undefined)).toEqual([]);
    },
    20_000,
  );
});
