import type { Prisma } from '../../../src/database/generated/client.js';
import { conversationsList } from '../../../src/query/history/conversations.sql.js';
import { type MessageFilter, messagesList } from '../../../src/query/history/messages.sql.js';
import { pricesOfAllTime } from '../../../src/query/usage/prices.js';
import { startTestApp, type TestApp } from '../../harness.js';

const AGENTS = ['b', 'c', 'default'];
const EVER = { from: null, to: null, tz: 'UTC' };
const RANGE = { from: new Date('2026-01-01T06:00:00Z'), to: new Date('2026-01-05'), tz: 'UTC' };
const LIMIT = 51;
const PRICES = pricesOfAllTime(
  'Europe/Berlin',
  AGENTS.flatMap((agent_id) =>
    ['2025-12-01', '2026-01-02', '2026-01-03'].map((from_day) => ({
      agent_id,
      currency: 'USD',
      from_day,
      per_credit: '1',
    })),
  ),
);
/** Of 8 kB. What a page needs: a few for each of its rows in the tables and indexes, and for each agent's scan. */
const MOST_BLOCKS = 1_500;

describe('what a page costs', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
    const { pool } = app.database;
    await pool.query(`
      insert into agent (id, name) values ('b', 'b'), ('c', 'c');
      insert into conversation (agent_id, id, first_message_at, last_message_at, messages, total_credits, credit_messages)
      select (array['b', 'c', 'default'])[1 + n % 3], 'c' || n, '2026-01-01', timestamptz '2026-01-01' + n * interval '20 s',
             3, (n % 1000) / 10.0, n % 5
      from generate_series(0, 19999) n;
      insert into message (agent_id, id, conversation_id, message_type, create_time, received_at, recorded_at, delivery_id)
      select (array['b', 'c', 'default'])[1 + (n / 3) % 3], 'm' || n, 'c' || (n / 3),
             case when n % 9000 = 0 then 'QUESTION' else 'ANSWER' end,
             timestamptz '2026-01-01' + n * interval '7 s', now(), now(), gen_random_uuid()
      from generate_series(0, 59999) n;
      insert into flow_output (agent_id, message_id, position, create_time, message_type, from_component_name, audio, more)
      select (array['b', 'c', 'default'])[1 + (n / 3) % 3], 'm' || n, 1, timestamptz '2026-01-01' + n * interval '7 s',
             case when n % 9000 = 0 then 'QUESTION' else 'ANSWER' end,
             case when n < 100 then 'Long ago' when n % 9000 = 0 then 'Rare' else 'Common' end, '[]', '{}'
      from generate_series(0, 59999) n`);
    await pool.query('vacuum analyze');
  }, 60_000);
  afterAll(() => app.close());

  async function blocksRead({ text, values }: Prisma.Sql): Promise<number> {
    const { rows } = await app.database.pool.query(`explain (analyze, buffers, format json) ${text}`, values);
    const { Plan } = rows[0]['QUERY PLAN'][0];
    return Plan['Shared Hit Blocks'] + Plan['Shared Read Blocks'];
  }

  it.each([
    ['last_message_at', 'desc', '2026-01-01T01:00:00Z'],
    ['last_message_at', 'asc', '2026-01-05T01:00:00Z'],
    ['credits', 'desc', '0.3'],
    ['credits', 'desc', '-1'],
    ['credits', 'asc', '99'],
  ] as const)('does not grow with its depth: conversations by %s %s after %s', async (sort, order, key) => {
    const list = (after: Parameters<typeof conversationsList>[4]) =>
      conversationsList(AGENTS, EVER, sort, order, after, LIMIT, PRICES);
    expect(await blocksRead(list(null))).toBeLessThan(MOST_BLOCKS);
    expect(await blocksRead(list({ key, agent: 'c', id: 'c9' }))).toBeLessThan(MOST_BLOCKS);
  });

  it.each<[string, MessageFilter]>([
    ['all', {}],
    ['of a range', { range: RANGE }],
    ['questions, which are few', { messageType: 'QUESTION' }],
    ['of a component that nearly all have', { component: 'Common' }],
    ['of that in a range, answers only', { component: 'Common', messageType: 'ANSWER', range: RANGE }],
    ['of a component that few have', { component: 'Rare' }],
    ['of a component that had its time long ago', { component: 'Long ago' }],
    ['of a component that none has', { component: 'None' }],
    ['of a conversation', { conversationId: 'c17', component: 'Common' }],
  ])('does not grow with its depth: messages, %s', async (_, filter) => {
    for (const order of ['asc', 'desc'] as const) {
      const key = order === 'asc' ? '2026-01-04T20:00:00Z' : '2026-01-01T08:00:00Z';
      for (const after of [null, { key, agent: 'c', id: 'm9' }]) {
        expect(await blocksRead(messagesList(AGENTS, filter, order, after, LIMIT))).toBeLessThan(MOST_BLOCKS);
      }
    }
  });
});
