import { readFileSync } from 'node:fs';
import type pg from 'pg';
import { allParts } from '../../src/ledger/parts.js';
import { differencesIn } from '../../src/ledger/verify-sums.js';
import { rereadMessages, reviseMessages } from '../../src/webhook/apply-reread.js';
import { reread } from '../../src/webhook/reread.js';
import { countMessages, keptMessages, messageIds } from '../../src/webhook/reread.sql.js';
import { openClient, startTestApp, type TestApp } from '../harness.js';

describe('reading kept bodies again', () => {
  let app: TestApp;
  let client: pg.Client;
  beforeAll(async () => {
    app = await startTestApp();
    client = await openClient(app.database.url);
  });
  afterAll(async () => {
    await client.end();
    await app.close();
  });

  const all = { agent: null, from: null };
  const kinds = async () => {
    const found: Record<string, string> = {};
    for await (const { agent, ids } of messageIds(client, all, 2)) {
      for (const { id, rereading } of await rereadMessages(client, agent, ids)) found[id] = rereading.kind;
    }
    return found;
  };
  const body = (id: string, more: object = {}) => ({
    conversation_id: 'c',
    message_id: id,
    create_time: 1_758_900_000,
    ...more,
  });

  it('finds every message as it was read, whatever the sender posted', async () => {
    const payloads = JSON.parse(readFileSync('test/fixtures/payloads.json', 'utf8')) as { body?: string }[];
    for (const { body: sent } of payloads) if (typeof sent === 'string') await app.send(sent);
    await app.send(body('plain', { text: 'hello', usage: { credits: { total_credits: '0.10' } } }));
    await app.send(body('revised', { usage: { credits: { text_input_credits: 1 } } }));
    await app.send(body('revised', { text: 'without usage', create_time: 1_700_000_000 }));
    await app.send(
      `{"conversation_id":"c","message_id":"pieces","create_time":1758900000,"output":[{"from_component_name":"n","content":{"text":"t","audio":[{"audio":"u","transcript":"x"}],"chart":{"v": 1.00000000000000000001, "w":[ 1e400 ]}}}]}`,
    );
    const found = await kinds();
    expect(Object.keys(found).length).toBe(await countMessages(client, all));
    expect(Object.keys(found).length).toBeGreaterThan(10);
    expect(new Set(Object.values(found))).toEqual(new Set(['same']));
  });

  it('turns what is read otherwise now into a revision and a correction, once', async () => {
    // As an earlier version might have stored it, reading credits and pieces wrongly: through the same tables.
    await app.send(
      body('wrong', { text: 'right', output: [{ content: 'a' }], usage: { credits: { total_credits: 7 } } }),
    );
    await client.query(`update message set text = 'wrong', total_credits = 5 where id = 'wrong'`);
    await client.query(`update flow_output set text = 'wrong' where message_id = 'wrong'`);
    await client.query('alter table usage_entry disable trigger usage_entry_append_only');
    await client.query(`update usage_entry set total_credits = 5 where message_id = 'wrong'`);
    await client.query('alter table usage_entry enable trigger usage_entry_append_only');
    await client.query(`update conversation set total_credits = total_credits - 2 where id = 'c'`);
    await client.query(
      `update usage_bucket set total_credits = total_credits - 2 where start = date_bin(make_interval(secs => span), '2025-09-26T15:15Z', '2000-01-01Z') and message_type = 'ANSWER'`,
    );
    const before = (await app.get('/v1/messages/wrong')).body;
    const [found] = await rereadMessages(client, 'default', ['wrong']);
    expect(found?.rereading).toMatchObject({
      kind: 'differs',
      changes: ['total_credits 5 → 7', 'another text', 'other pieces'],
    });
    expect((await app.get('/v1/messages/wrong')).body).toEqual(before);

    expect(await reviseMessages(client, 'default', ['wrong', 'plain'])).toBe(1);
    expect((await app.get('/v1/messages/wrong')).body).toMatchObject({
      revision: 2,
      text: 'right',
      output: [{ content: { text: 'a' } }],
      usage: { credits: { total_credits: '7' } },
    });
    const { data } = (await app.get('/v1/usage/entries?message_id=wrong')).body;
    expect(data).toMatchObject([
      { kind: 'usage', usage: { credits: { total_credits: '5' } } },
      { kind: 'correction', revision: 2, usage: { credits: { total_credits: '2' } } },
    ]);
    expect(data[1].delivery_id).toBe(data[0].delivery_id);
    expect(await reviseMessages(client, 'default', ['wrong'])).toBe(0);
    expect((await kinds()).wrong).toBe('same');
    for (const part of await allParts(client)) expect(await differencesIn(client, part)).toEqual([]);
  });

  it('leaves alone what it could not read today, and what was erased', async () => {
    await app.send(body('spoiled'));
    await app.send(body('erased'));
    await client.query(`update delivery set body = '{"message_id": 1}' where message_id = 'spoiled'`);
    await client.query(`update delivery set body = null where message_id = 'erased'`);
    expect(await kinds()).toMatchObject({ spoiled: 'unreadable', erased: 'erased' });
    expect(await reviseMessages(client, 'default', ['spoiled', 'erased'])).toBe(0);
  });

  it('reads the messages of a scope only', async () => {
    await app.send(body('later', { create_time: 1_760_000_000 }));
    const scope = { agent: 'default', from: new Date(1_760_000_000_000) };
    expect(await countMessages(client, scope)).toBe(1);
    const pages: object[] = [];
    for await (const page of messageIds(client, scope, 10)) pages.push(page);
    expect(pages).toEqual([{ agent: 'default', ids: ['later'] }]);
  });

  it('lets a body that was replayed from quarantine not undo a newer one', async () => {
    await app.send(body('late', { text: 'newer', usage: { credits: { total_credits: 2 } } }));
    const [kept] = await keptMessages(client, 'default', ['late']);
    const older = {
      deliveryId: '00000000-0000-7000-8000-000000000000',
      receivedAt: new Date(),
      isReplay: true,
      body: Buffer.from(
        JSON.stringify(body('late', { text: 'older', usage: { credits: { total_credits: 1 } } })),
      ),
    };
    expect(reread({ ...kept!, bodies: [...kept!.bodies, older] }).kind).toBe('same');
    // Not replayed, it came later whatever its id, and counts.
    const newest = { ...older, isReplay: false };
    expect(reread({ ...kept!, bodies: [...kept!.bodies, newest] }).kind).toBe('differs');
  });
});
