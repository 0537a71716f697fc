import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { ADMIN, INGEST, startTestApp, type TestApp } from '../harness.js';

describe('metrics', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  const scrape = async (headers: Record<string, string> = {}) => {
    const answer = await fetch(`${app.url}/metrics`, { headers });
    return { answer, text: await answer.text() };
  };
  const value = async (line: string) => {
    const { text } = await scrape();
    const found = text.split('\n').find((row) => row.startsWith(`${line} `));
    return found === undefined ? undefined : Number(found.slice(line.length + 1));
  };
  const message = (id: string) => ({ conversation_id: 'c', message_id: id, create_time: 1_758_900_000 });

  it('answers a scraper of the same machine without a token, in its format', async () => {
    const { answer, text } = await scrape();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text).toContain('\nprocess_resident_memory_bytes ');
  });

  // Where promtool is not installed, the gate installs it.
  const promtool = ['/usr/bin/promtool', '/usr/local/bin/promtool'].find(existsSync);
  (promtool ? it : it.skip)('leaves `promtool check metrics` nothing to complain of', async () => {
    const { text } = await scrape();
    const { status, stdout, stderr } = spawnSync(promtool!, ['check', 'metrics'], {
      input: text,
      encoding: 'utf8',
    });
    expect([status, stdout, stderr]).toEqual([0, '', '']);
  });

  it.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])(
    'asks for a token where a proxy says so with %s',
    async (name) => {
      const handedOn = { [name]: '127.0.0.1' };
      expect((await scrape(handedOn)).answer.status).toBe(401);
      const withToken = (token: string) => scrape({ ...handedOn, authorization: `Bearer ${token}` });
      expect((await withToken(ADMIN)).answer.status).toBe(200);
      expect((await withToken(INGEST)).answer.status).toBe(403);
    },
  );

  it('asks for a token where TRUST_PROXY is set and the request came through it', async () => {
    const behind = await startTestApp({ TRUST_PROXY: '1' });
    const status = async (headers: Record<string, string>) =>
      (await fetch(`${behind.url}/metrics`, { headers })).status;
    expect(await status({ 'x-forwarded-for': '127.0.0.1' })).toBe(401);
    expect(await status({})).toBe(200);
    await behind.close();
  });

  it('counts deliveries by what became of them', async () => {
    await app.send(message('a'));
    await app.send(message('a'));
    await app.send({ ...message('a'), text: 'other' });
    await app.send('{');
    await app.send({ istest: true });
    const counted = Object.fromEntries(
      await Promise.all(
        ['stored', 'repeated', 'revised', 'refused', 'probe', 'unavailable'].map(async (outcome) => [
          outcome,
          await value(`convoledger_deliveries_total{outcome="${outcome}"}`),
        ]),
      ),
    );
    expect(counted).toEqual({ stored: 1, repeated: 1, revised: 1, refused: 1, probe: 1, unavailable: 0 });
    expect(await value('convoledger_batch_deliveries_count')).toBe(4);
  });

  it('tells how the agents do, and whether this process is ready', async () => {
    const fresh = await startTestApp();
    await fresh.send('{');
    const text = await (await fetch(`${fresh.url}/metrics`)).text();
    await fresh.close();
    expect(text).toContain('\nconvoledger_quarantine_waiting{agent="default"} 1\n');
    // One of a million, which is more than its few bytes are of two gigabytes.
    expect(text).toContain('\nconvoledger_quarantine_fill_ratio{agent="default"} 0.000001\n');
    const [, seconds] = /last_delivery_timestamp_seconds\{agent="default"\} (\S+)/.exec(text) ?? [];
    expect(Math.abs(Number(seconds) - Date.now() / 1_000)).toBeLessThan(60);
    expect(text).toContain('\nconvoledger_ready 1\n');
    expect(text).toContain('\nconvoledger_waiting_deliveries 0\n');
    expect(text).toContain('convoledger_pool_connections{state="total"}');
  });

  it('times answers by the pattern of their route, and names no address, token or id', async () => {
    for (let k = 0; k < 20; k++) await app.get(`/v1/messages/secret-${k}`);
    await fetch(`${app.url}/webhook/token-in-path`, { method: 'POST' });
    await fetch(`${app.url}/no/such/place-${Date.now()}`);
    const { text } = await scrape();
    expect(text).toMatch(
      /request_duration_seconds_count\{method="GET",route="\/v1\/messages\/:id",status="404"\} 20/,
    );
    expect(text).toContain('route="none",status="404"');
    expect(text).not.toMatch(/secret-|token-in-path|place-/);
    expect(await value('convoledger_refused_authentications_total{lane="webhook"}')).toBe(1);
  });

  it('are what the rules for alerts ask for', async () => {
    const rules = readFileSync(new URL('../../ops/alerts.yml', import.meta.url), 'utf8');
    const { text } = await scrape();
    const names = new Set(rules.match(/convoledger_\w+/g));
    expect(names.size).toBeGreaterThan(4);
    for (const name of names) expect(text).toContain(`# TYPE ${name} `);
  });

  it('are answered while the database is away', async () => {
    const lonely = await startTestApp();
    await Promise.all([lonely.database.pool.end(), lonely.database.lookups.end()]);
    const answer = await fetch(`${lonely.url}/metrics`);
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(text).toContain('\nconvoledger_ready 0\n');
    expect(text).not.toContain('convoledger_quarantine_waiting{');
    await lonely.close().catch(() => {});
  });
});
