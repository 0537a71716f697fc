import { createHash } from 'node:crypto';
import { restoreBackup } from '../../src/backup/restore-backup.js';
import type { Json } from '../harness.js';
import {
  type EmptyDatabase,
  emptyDatabase,
  FIXTURES,
  keptDatabase,
  onClient,
  readKept,
  runCommand,
  type Served,
  serve,
} from './kept.js';

const kept = readKept('utc');
const { tokens, ids, answers, statements } = kept;
const ENVIRONMENT = { INGEST_TOKEN: tokens.ingest, ADMIN_TOKEN: tokens.admin };

/**
 * What may differ from the answers of version 0.1. Everything else has to be as it was; members may be added.
 * `where` is the path that was asked, and the members that lead to the value.
 */
const CHANGED: { where: RegExp; because: string }[] = [
  { where: /^\/v1\/keys .*\.last_used_at$/, because: 'asking uses keys' },
  { where: / next_cursor$/, because: 'a cursor is opaque; that old ones go on is tried below' },
  {
    where: /^\/v1\/(usage|conversations).*\.cost(\.|$)/,
    because: 'one price holds per agent and day, whatever its currency; tried below',
  },
  {
    where: /^\/v1\/statements\/\S+ restated_totals\.cost(\.|$)/,
    because: 'it is by the prices that hold today',
  },
];

/** Where an answer differs from the old one, but for members that are new and for what is known to have changed. */
function differences(path: string, old: Json, now: Json, members: string[] = []): string[] {
  const where = `${path} ${members.join('.')}`;
  if (CHANGED.some((change) => change.where.test(where))) return [];
  if (old === null || typeof old !== 'object') return old === now ? [] : [`${where}: ${old} → ${now}`];
  if (now === null || typeof now !== 'object' || Array.isArray(old) !== Array.isArray(now))
    return [`${where}: is of another kind`];
  if (Array.isArray(old) && old.length !== now.length)
    return [`${where}: has ${now.length} items in place of ${old.length}`];
  return Object.keys(old).flatMap((key) => differences(path, old[key], now[key], [...members, key]));
}

describe.each([
  ['a database of version 0.1', () => keptDatabase('utc')],
  [
    'a backup of version 0.1',
    async () => {
      const made = await emptyDatabase();
      await onClient(made.url, (client) => restoreBackup(client, `${FIXTURES}utc.backup.gz`));
      return made;
    },
  ],
])('%s', (_, open: () => Promise<EmptyDatabase>) => {
  let database: EmptyDatabase;
  let app: Served;
  beforeAll(async () => {
    database = await open();
    app = await serve(database.url, ENVIRONMENT);
  }, 60_000);
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  const ask = (path: string, token = tokens.admin) => app.ask(path, token);
  const deliver = (body: object, token = tokens.ingest) =>
    app.ask('/webhook', token, { method: 'POST', body: JSON.stringify(body) });

  it.each(Object.keys(answers))('answers as before: %s', async (path) => {
    const { status, body } = await ask(path);
    expect([status, differences(path, answers[path].body, body)]).toEqual([answers[path].status, []]);
  });

  it('verifies', async () => {
    expect(await runCommand(database.url, 'verify')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('every statement verifies'),
    });
  });

  it.each<string>(statements.map(({ name }: Json) => name))(
    'keeps the document of the statement %s to the byte',
    async (name) => {
      const statement = statements.find((one: Json) => one.name === name);
      const { id } = statement;
      const { text } = await ask(`/v1/statements/${id}/document`);
      expect(text).toBe(statement.document);
      const sum = createHash('sha256').update(text).digest('hex');
      expect([sum, (await ask(`/v1/statements/${id}`)).body.sha256]).toEqual([
        statement.sha256,
        statement.sha256,
      ]);
    },
  );

  it('gives a day one price, where version 0.1 gave one for each currency', async () => {
    const { body } = await ask('/v1/usage?period=2026-10&agent=default');
    const { data: prices } = (await ask('/v1/agents/default/prices')).body;
    const days = body.data.filter((day: Json) => day.usage?.credits?.total_credits != null);
    expect(days.length).toBeGreaterThan(5);
    for (const day of days) {
      // Of the four prices, the one with the latest first day up to that day.
      const price = prices.filter(({ from }: Json) => from <= day.start.slice(0, 10)).at(-1);
      expect(day.cost.map(({ currency }: Json) => currency)).toEqual([price.currency]);
    }
    expect(body.totals.cost.map(({ currency }: Json) => currency).sort()).toEqual(['EUR', 'USD']);
  });

  it('lets every key in that was let in, and no other', async () => {
    expect((await ask('/v1/agents', tokens.short_admin)).status).toBe(200);
    expect((await ask('/v1/messages', tokens.expiring)).status).toBe(200);
    expect((await ask('/v1/messages', tokens.soon)).status).toBe(401);
    expect((await ask('/v1/messages', tokens.revoked)).status).toBe(401);
    expect((await ask('/v1/messages?agent=sales', tokens.reader)).status).toBe(200);
    expect((await ask('/v1/messages/answer-1?agent=default', tokens.reader)).status).toBe(403);
    const { body } = await ask('/v1/keys');
    expect(body.data).toHaveLength(kept.keys.length + 2);
  });

  it('goes on from an old cursor of the changes, and misses nothing', async () => {
    const before = answers[`/v1/changes?limit=200&cursor=${ids.cursor}`].body.data.length;
    const read = async (cursor: string) => (await ask(`/v1/changes?limit=200&cursor=${cursor}`)).body;
    const { next_cursor, data } = await read(ids.cursor);
    expect(data).toHaveLength(before);
    const body = {
      conversation_id: 'talk-1',
      message_id: 'after-the-upgrade',
      create_time: Date.UTC(2026, 9, 30) / 1000,
    };
    expect((await deliver({ ...body, text: 'neu' })).status).toBe(200);
    const { data: more } = await read(ids.cursor);
    expect(more).toHaveLength(before + 1);
    expect(more.at(-1)).toMatchObject({ kind: 'stored', message: { message_id: 'after-the-upgrade' } });
    expect((await read(next_cursor)).data).toHaveLength(1);
  });

  it('knows bodies of before: a repeat changes nothing, another body is the next revision', async () => {
    const { data } = (await ask('/v1/messages/answer-4/deliveries?agent=default')).body;
    const before = (await ask('/v1/messages/answer-4?agent=default')).body;
    expect((await deliver(JSON.parse(data[0].body))).status).toBe(200);
    expect((await ask('/v1/messages/answer-4?agent=default')).body).toEqual(before);
    const body = { ...JSON.parse(data[0].body), usage: { credits: { total_credits: '11' } } };
    expect((await deliver(body)).status).toBe(200);
    expect((await ask('/v1/messages/answer-4?agent=default')).body).toMatchObject({
      revision: before.revision + 1,
      usage: { credits: { total_credits: '11' } },
    });
    const { restatements } = (await ask(`/v1/statements/${statements[2].id}`)).body;
    // By the times of their messages, not of their recording.
    expect(restatements.filter(({ message_id }: Json) => message_id === 'answer-4')).toMatchObject([
      { kind: 'correction', revision: before.revision + 1 },
    ]);
  });

  it('keeps erased what was erased', async () => {
    expect((await ask('/v1/messages/erased-1?agent=default')).status).toBe(410);
    expect((await ask('/v1/messages?q=Quittengelee')).body.data).toEqual([]);
    const secret = {
      conversation_id: 'erased',
      message_id: 'erased-1',
      create_time: Date.UTC(2026, 9, 12, 12) / 1000,
      text: 'Mein Name ist Quittengelee',
      usage: { credits: { total_credits: '6' } },
    };
    expect((await deliver(secret)).status).toBe(200);
    expect((await ask('/v1/messages/erased-1?agent=default')).status).toBe(410);
    const { data } = (await ask('/v1/usage?period=2026-10&group_by=conversation&bucket=none')).body;
    expect(
      data.find(({ conversation_id }: Json) => conversation_id === 'erased').usage.credits.total_credits,
    ).toBe('6');
  });

  it('replays and dismisses what waited', async () => {
    const post = (path: string, body?: object) =>
      app.ask(`/v1/quarantine/${path}`, tokens.admin, {
        method: 'POST',
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    const [first, second] = ids.waiting;
    expect((await post(`${first}/dismiss`, { reason: 'no use' })).body.state).toBe('dismissed');
    expect((await post(`${second}/replay`)).body.state).toBe('waiting');
    expect((await ask(`/v1/quarantine/${ids.replayed}`)).body.state).toBe('stored');
  });

  it('replaces the month that counts now, also where it was replaced without a reason', async () => {
    const close = (replaces: string) =>
      app.ask('/v1/statements', tokens.admin, {
        method: 'POST',
        body: JSON.stringify({ period: '2026-10', replaces, reason: 'after the upgrade' }),
      });
    expect((await close(statements[1].id)).status).toBe(409);
    expect((await close(statements[2].id)).status).toBe(201);
    expect((await runCommand(database.url, 'verify')).code).toBe(0);
  });
});
