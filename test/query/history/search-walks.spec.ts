import { Prisma } from '../../../src/database/generated/client.js';
import {
  foundConversations,
  walkedConversations,
} from '../../../src/query/history/found-conversations.sql.js';
import { foundMessages, walkedMessages } from '../../../src/query/history/found-messages.sql.js';
import { WordFrequencies } from '../../../src/query/history/word-frequencies.js';
import { indexTexts } from '../../../src/search/lexemes.js';
import { readQuestion } from '../../../src/search/question.js';
import { type Json, startTestApp, type TestApp } from '../../harness.js';
import { walk } from './archive.js';

const MESSAGES = 6_000;
const AGENTS = ['busy', 'default', 'quiet'];

/** `common` stands in every second message, `seldom` in every 97th, `former` only in the oldest tenth. */
const textOf = (n: number) =>
  [n % 2 ? 'common' : 'other', n % 97 ? '' : 'seldom', n < MESSAGES / 10 ? 'former' : '', `number${n}`].join(
    ' ',
  );
/** Most messages are of one agent, and five of another have the same instant. */
const agentOf = (n: number) => (n % 50 === 0 ? 'quiet' : n % 3 === 0 ? 'default' : 'busy');

describe('common and rare words', () => {
  let app: TestApp;
  const query = (sql: Prisma.Sql) => app.database.prisma.$queryRaw<Json[]>(sql);

  beforeAll(async () => {
    app = await startTestApp();
    const { pool } = app.database;
    await pool.query(`insert into agent (id, name) values ('busy', 'b'), ('quiet', 'q')`);
    const rows = Array.from({ length: MESSAGES }, (_, n) => ({
      agent: agentOf(n),
      id: `m${n}`,
      conversation: `c${n % 700}`,
      at: new Date(1_758_900_000_000 + Math.floor(n / 5) * 1_000),
      search: indexTexts([textOf(n)]).search,
    }));
    const values = [JSON.stringify(rows)];
    const source = `json_to_recordset($1) as r (agent text, id text, conversation text, at timestamptz, search text)`;
    await pool.query(
      `insert into conversation (agent_id, id, first_message_at, last_message_at, messages)
       select agent, conversation, min(at), max(at), count(*) from ${source} group by 1, 2`,
      values,
    );
    await pool.query(
      `insert into message (agent_id, id, conversation_id, message_type, create_time, received_at, recorded_at, delivery_id, search)
       select agent, id, conversation, 'ANSWER', at, at, at, gen_random_uuid(), search::tsvector from ${source}`,
      values,
    );
    await pool.query('analyze message');
  });
  afterAll(() => app.close());

  it('are told apart by what PostgreSQL knows of them', async () => {
    const frequencies = new WordFrequencies(app.database);
    const share = async (q: string) => (await frequencies.atMost(readQuestion(q)!)).share;
    expect(await share('common')).toBeCloseTo(0.5, 1);
    expect(await share('common seldom')).toBeLessThan(0.02);
    expect(await share('unheard')).toBe(0);
    expect((await frequencies.atMost(readQuestion('common')!)).messages).toBeGreaterThan(2_500);
  });

  describe.each([
    ['messages', walkedMessages, foundMessages, {}],
    ['conversations by time', walkedConversations, foundConversations, { sort: 'last_message_at' }],
    ['conversations by credits', walkedConversations, foundConversations, { sort: 'credits' }],
  ] as const)('%s', (_, walked, found, more) => {
    it.each(['asc', 'desc'] as const)('found along the list %s are those of the index', async (order) => {
      let believed = 0;
      for (const q of ['common', 'seldom', 'former', 'common former', 'unheard']) {
        for (const agents of [AGENTS, ['quiet']]) {
          for (const step of [1, 10, 60, 300, 10_000]) {
            for (const range of [
              { from: null, to: null, tz: 'UTC' },
              { from: new Date(1_758_900_200_000), to: null, tz: 'UTC' },
            ]) {
              const search = {
                agents,
                question: readQuestion(q)!,
                order,
                after: null,
                limit: 11,
                range,
                filter: { range },
                prices: { edges: [], stretches: [] },
                ...more,
              } as never;
              const [along, all] = [await query(walked(search, step)), await query(found(search))];
              if (along.length < 11 && !along[0]?.whole) continue;
              believed += 1;
              expect(along.map(({ agent_id, id }) => [agent_id, id])).toEqual(
                all.map(({ agent_id, id }) => [agent_id, id]),
              );
            }
          }
        }
      }
      expect(believed).toBeGreaterThan(10);
    });
  });

  it.each(['asc', 'desc'])('are paged %s without loss, and none twice', async (order) => {
    for (const [q, matches] of [
      ['common', (n: number) => n % 2 === 1],
      ['common former', (n: number) => n % 2 === 1 && n < MESSAGES / 10],
      ['seldom', (n: number) => n % 97 === 0],
    ] as const) {
      const rows = await walk(app, '/v1/messages', { q, order, limit: 199 });
      const expected = Array.from({ length: MESSAGES }, (_, n) => n)
        .filter(matches)
        .map((n) => `m${n}`);
      expect(rows.map((row) => row.message_id).sort()).toEqual(expected.sort());
      const times = rows.map((row) => row.create_time);
      expect(times).toEqual(order === 'asc' ? times.toSorted() : times.toSorted().reverse());
    }
  });
});
