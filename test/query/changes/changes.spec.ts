import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { FeedEnd } from '../../../src/query/changes/feed-end.service.js';
import { type Json, startTestApp, type TestApp } from '../../harness.js';
import { addAgent, address, readToken, send } from '../history/archive.js';

const message = (message_id: string, more = {}) => ({
  conversation_id: 'changing',
  message_id,
  create_time: 1_758_900_000,
  ...more,
});

describe('GET /v1/changes', () => {
  let app: TestApp;
  const ask = async (parameters: Record<string, string | number | undefined> = {}, token?: string) => {
    const { status, body } = await app.get(address('/v1/changes', parameters), token);
    expect({ status, body }).toMatchObject({ status: 200, body: { next_cursor: expect.any(String) } });
    return body;
  };
  const now = async (): Promise<string> => (await ask({ cursor: 'now' })).next_cursor;
  const ids = (rows: Json[]) => rows.map((row) => [row.kind, row.message.message_id]);

  beforeAll(async () => {
    app = await startTestApp();
    await addAgent(app, 'other');
  });
  afterAll(() => app.close());

  it('is empty at first, and its cursor leads to what comes', async () => {
    const first = await ask();
    expect(first.data).toEqual([]);
    await app.send(message('a', { text: 'one' }));
    expect(ids((await ask({ cursor: first.next_cursor })).data)).toEqual([['stored', 'a']]);
  });

  it('names stored and revised in their order, with the message as it is now, and no repeats', async () => {
    const cursor = await now();
    await app.send(message('b', { text: 'one' }));
    await app.send(message('b', { text: 'two' }));
    await app.send(message('b', { text: 'one' }));
    const { data, next_cursor } = await ask({ cursor });
    expect(ids(data)).toEqual([
      ['stored', 'b'],
      ['revised', 'b'],
    ]);
    expect(data[1].position).toBe(data[0].position + 1);
    const { body } = await app.get('/v1/messages/b');
    expect(body.text).toBe('two');
    for (const change of data) {
      expect(Object.keys(change)).toEqual(['agent', 'position', 'kind', 'message']);
      expect([change.agent, change.message]).toEqual(['default', body]);
    }
    expect((await ask({ cursor: next_cursor })).data).toEqual([]);
  });

  it('begins at the beginning without a cursor, and reads on by pages', async () => {
    const all = (await ask({ limit: 200 })).data;
    expect(all.length).toBeGreaterThan(2);
    const read: Json[] = [];
    let cursor: string | undefined;
    for (;;) {
      const page = await ask({ limit: 1, cursor });
      if (page.data.length === 0) break;
      read.push(...page.data);
      cursor = page.next_cursor;
    }
    expect(read).toEqual(all);
  });

  it('shows a key of one agent that agent alone, and binds the cursor to it', async () => {
    const cursor = await now();
    await send(app, 'other', message('theirs'));
    await app.send(message('ours'));
    expect(ids((await ask({ cursor })).data)).toEqual([
      ['stored', 'theirs'],
      ['stored', 'ours'],
    ]);
    const theirs = await ask({}, readToken('other'));
    expect(ids(theirs.data)).toEqual([['stored', 'theirs']]);
    expect((await ask({ agent: 'other', cursor: theirs.next_cursor })).data).toEqual([]);
    expect((await app.get(address('/v1/changes', { cursor: theirs.next_cursor }))).status).toBe(400);
    expect((await app.get(address('/v1/changes', { agent: 'default' }), readToken('other'))).status).toBe(
      403,
    );
  });

  it.each([
    ['a cursor that was made up', { cursor: 'abc' }],
    ['a wait of more than 30 seconds', { wait: 31 }],
    ['a wait that is no number', { wait: 'long' }],
    ['a limit of nothing', { limit: 0 }],
    ['an unknown parameter', { from: '2026-01-01' }],
    ['an unknown agent', { agent: 'nobody' }],
  ])('refuses %s', async (_, parameters) => {
    expect((await app.get(address('/v1/changes', parameters as never))).status).toBe(400);
  });

  it('says of an erased message only which it was', async () => {
    const cursor = await now();
    await app.send(message('gone', { text: 'secret' }));
    await app.database.pool.query(`
      with at as (update ledger_state set position = position + 1 returning position, recorded_at)
      insert into change (agent_id, position, kind, conversation_id, message_id, message_type, revision, occurred_at, recorded_at)
      select 'default', at.position, 'erased', 'changing', 'gone', 'ANSWER', 1, now(), at.recorded_at from at`);
    const { data } = await ask({ cursor });
    expect(ids(data)).toEqual([
      ['stored', 'gone'],
      ['erased', 'gone'],
    ]);
    for (const change of data)
      expect(change.message).toEqual({ agent: 'default', conversation_id: 'changing', message_id: 'gone' });
  });

  it('refuses a cursor from a future that a restored backup has not reached', async () => {
    const cursor = await now();
    await app.database.pool.query('update ledger_state set position = position - 1');
    const { status, body } = await app.get(address('/v1/changes', { cursor }));
    expect(status).toBe(400);
    expect(body.detail).toContain('ahead');
    await app.database.pool.query('update ledger_state set position = position + 1');
  });

  describe('waiting', () => {
    it('ends when something comes', async () => {
      const cursor = await now();
      const answer = ask({ cursor, wait: 30 });
      await sleep(600);
      await app.send(message('awaited'));
      expect(ids((await answer).data)).toEqual([['stored', 'awaited']]);
    }, 25_000);

    it('goes on where only another agent has news', async () => {
      const cursor = (await ask({ agent: 'other', cursor: 'now' })).next_cursor;
      const answer = ask({ agent: 'other', cursor, wait: 20 });
      await sleep(300);
      await app.send(message('not theirs'));
      await sleep(500);
      await send(app, 'other', message('theirs at last'));
      expect(ids((await answer).data)).toEqual([['stored', 'theirs at last']]);
    });

    it('ends with nothing and a cursor after its time', async () => {
      const cursor = await now();
      const began = Date.now();
      const { data } = await ask({ cursor, wait: 1 });
      expect(data).toEqual([]);
      expect(Date.now() - began).toBeGreaterThanOrEqual(950);
    });

    it('ends when the one who asked goes away', async () => {
      const spy = jest.spyOn(app.app.get(FeedEnd), 'grown');
      // Not fetch, which opens another connection as soon as one is given up, and the server would wait for it.
      const headers = { authorization: `Bearer ${readToken('other')}` };
      const asking = request(`${app.url}/v1/changes?cursor=now&wait=30`, { headers, agent: false });
      asking.on('error', () => {}).end();
      await sleep(500);
      expect(spy).toHaveBeenCalledTimes(1);
      asking.destroy();
      await expect(spy.mock.results[0]!.value).resolves.toBeUndefined();
      spy.mockRestore();
    });

    it('does not keep the server from stopping', async () => {
      const stopping = await startTestApp();
      const { body } = await stopping.get('/v1/changes?cursor=now');
      const answer = stopping.get(address('/v1/changes', { cursor: body.next_cursor, wait: 30 }));
      await sleep(400);
      await stopping.close();
      expect((await answer).status).toBe(200);
    }, 25_000);
  });
});
