import { FAILURES, networkOf } from '../../src/access/failed-attempts.js';
import { ADMIN, INGEST, json, startTestApp, type TestApp } from '../harness.js';

describe('wrong tokens', () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await startTestApp({ TRUST_PROXY: '1' });
  });
  afterEach(() => app.close());

  const from = (address: string, token?: string) => ({
    'x-forwarded-for': address,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  });
  const ask = (headers: Record<string, string>) => fetch(`${app.url}/v1/usage`, { headers });
  const send = (headers: Record<string, string>, path = '/webhook') =>
    fetch(app.url + path, {
      method: 'POST',
      body: '{"istest":true}',
      headers: { ...headers, 'content-type': 'application/json' },
    });

  it('are answered 429 after many from one address, in the shape of each lane, while valid ones go on', async () => {
    const attacker = '192.0.2.66';
    for (let attempt = 0; attempt < FAILURES; attempt++) {
      expect((await ask(from(attacker, `guess-${attempt}`))).status).toBe(401);
    }
    const refused = await ask(from(attacker, 'guess'));
    expect(refused.status).toBe(429);
    expect(refused.headers.get('content-type')).toMatch(/problem\+json/);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await json(refused)).toMatchObject({ status: 429, title: 'Too Many Requests' });

    for (const delivery of [
      await send(from(attacker, 'guess')),
      await send(from(attacker), '/webhook/guess'),
    ]) {
      expect(delivery.status).toBe(429);
      expect(await json(delivery)).toMatchObject({ code: 429, errors: [] });
    }
    expect((await ask(from(attacker, ADMIN))).status).toBe(200);
    expect((await send(from(attacker, INGEST))).status).toBe(200);
    expect((await ask(from('192.0.2.67', 'guess'))).status).toBe(401);
  });

  it('are no guesses where nothing was presented: a sender without a header is told so each time', async () => {
    for (let attempt = 0; attempt < FAILURES + 5; attempt++) {
      expect((await ask(from('192.0.2.1'))).status).toBe(401);
    }
  });

  it('are counted with the last time and address, so that a sender without a header is found', async () => {
    const before = Date.now();
    await send(from('192.0.2.1'));
    await send(from('192.0.2.2'));
    await send(from('192.0.2.3', 'unknown'));
    await send(from('192.0.2.4'), '/webhook/unknown');
    await ask(from('192.0.2.5', 'unknown'));
    const list = async () => (await app.get('/v1/refusals')).body.data;
    const [data] = [await list()];
    expect(data).toHaveLength(4);
    expect(data).toContainEqual({
      lane: 'webhook',
      presented: 'nothing',
      count: 2,
      first_at: expect.any(String),
      last_at: expect.any(String),
      last_address: '192.0.2.2',
    });
    for (const { last_at } of data) expect(Date.parse(last_at)).toBeGreaterThanOrEqual(before);
    await send(from('192.0.2.9'));
    const again = await list();
    expect(again[0]).toMatchObject({
      lane: 'webhook',
      presented: 'nothing',
      count: 3,
      last_address: '192.0.2.9',
    });
    expect(JSON.stringify(again)).not.toContain('unknown');
  });
});

describe('the holder of an address of IPv6', () => {
  it.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::1', '2001:db8:1:2'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
  ])('%s has all of %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
