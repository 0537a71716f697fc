import type pg from 'pg';
import { allParts } from '../../src/ledger/parts.js';
import { rebuildPart } from '../../src/ledger/rebuild-sums.js';
import { differencesIn, describe as inWords } from '../../src/ledger/verify-sums.js';
import { brokenStatements } from '../../src/statements/broken-statements.js';
import { openClient, startTestApp, type TestApp } from '../harness.js';
import { call } from '../post.js';

describe('verifying and rebuilding', () => {
  let app: TestApp;
  let client: pg.Client;
  beforeAll(async () => {
    app = await startTestApp();
    client = await openClient(app.database.url);
    const body = (id: number, total: unknown, more: object = {}) => ({
      conversation_id: `c${id % 3}`,
      message_id: `m${id}`,
      create_time: Date.UTC(2025, id % 5, 3, id % 24) / 1_000,
      usage: { tokens: { total_tokens: id }, credits: { total_credits: total } },
      ...more,
    });
    for (let id = 0; id < 30; id++) await app.send(body(id, `0.${id + 1}0000000000000000001`));
    for (let id = 0; id < 10; id++) await app.send(body(id, '1', { text: 'revised', usage: undefined }));
    for (let id = 5; id < 15; id++) {
      await app.send(
        body(id, '2', {
          create_time: 1_500_000_000,
          usage: { credits: { text_input_credits: 3, total_credits: 2 } },
        }),
      );
    }
    await app.send({ ...body(40, 1), usage: undefined, message_type: 'QUESTION' });
  });
  afterAll(async () => {
    await client.end();
    await app.close();
  });

  const verify = async () => {
    const found: string[] = [];
    for (const part of await allParts(client)) {
      found.push(...(await differencesIn(client, part)).map(inWords));
    }
    return found;
  };
  const rebuild = async () => {
    let changed = 0;
    for (const part of await allParts(client)) changed += await rebuildPart(client, part);
    return changed;
  };

  it('finds nothing where nobody meddled', async () => {
    expect(await verify()).toEqual([]);
    expect(await rebuild()).toBe(0);
  });

  it.each([
    [
      'a sum of a quarter of an hour',
      `update usage_bucket set total_credits = total_credits + 1e-20 where start = '2025-03-03T02:00Z' and span = 900`,
      'usage_bucket default 900 2025-03-03T02:00:00+00:00 ANSWER: total_credits is ',
    ],
    [
      'a count of those who report a figure',
      `update usage_bucket set total_tokens_reporters = 9 where start = '2025-03-03T02:00Z' and span = 900`,
      'total_tokens_reporters is 9, the ledger says 1',
    ],
    [
      'a row that is gone',
      `delete from usage_bucket where start = '2025-03-03T02:00Z' and span = 900`,
      ': is missing',
    ],
    [
      'a row that should not be there',
      `insert into usage_bucket select (json_populate_record(b, '{"start": "2031-01-01T00:00Z"}')).* from usage_bucket b where span = 900 limit 1`,
      'usage_bucket default 900 2031-01-01T00:00:00+00:00 ANSWER: should not be there',
    ],
    [
      'a figure of a message',
      `update message set total_credits = null, revision = 7 where id = 'm3'`,
      'message default m3: revision is 7, the ledger says 2; total_credits is null, the ledger says 0.40000000000000000001',
    ],
    [
      'the sums of a conversation',
      `update conversation set messages = 3, last_message_at = '2030-01-01Z' where id = 'c1'`,
      'conversation default c1: last_message_at is ',
    ],
  ])('names %s, and mends it', async (_, meddle, named) => {
    await client.query(`set timezone = 'UTC'`);
    expect((await client.query(meddle)).rowCount).toBe(1);
    const found = await verify();
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(named);
    expect(await rebuild()).toBe(1);
    expect(await verify()).toEqual([]);
  });

  it('rebuilds beside deliveries without losing one', async () => {
    await client.query('update usage_bucket set messages = messages + 1');
    let sending = true;
    const sends = (async () => {
      for (let id = 100; sending; id++) {
        await app.send({
          conversation_id: 'c',
          message_id: `m${id}`,
          create_time: Date.UTC(2025, 2, 3, 2) / 1_000,
          usage: { credits: { total_credits: 1 } },
        });
      }
    })();
    await rebuild();
    await rebuild();
    sending = false;
    await sends;
    expect(await verify()).toEqual([]);
  });

  it('tells a statement whose document is not the one that was closed', async () => {
    const { body } = await call(app, 'POST', '/v1/statements', { period: '2025-03' });
    expect(await brokenStatements(client)).toEqual([]);
    // What the database itself forbids: somebody with more rights than the application.
    await client.query('alter table statement disable trigger statement_append_only');
    await client.query('alter table statement drop constraint statement_check2');
    await client.query('update statement set document = set_byte(document, 99, get_byte(document, 99) # 1)');
    expect(await brokenStatements(client)).toEqual([body.id]);
  });
});
