import { startTestApp, type TestApp } from '../../harness.js';
import { addAgent, type SentMessage, sendMessage, walk } from './archive.js';

const AGENTS = ['default', 'other'];
const START = Date.parse('2026-10-01T00:00:00Z');

/** Times that repeat, so that new rows also come between, and beside, those that were there. */
const message = (n: number, prefix: string): SentMessage => ({
  agent: AGENTS[n % 2]!,
  conversation_id: `conversation of ${prefix} ${n % 17}`,
  message_id: `${prefix} ${n}`,
  create_time: START + (n % 7) * 1000,
  message_type: 'ANSWER',
  components: [],
  credits: n % 3 === 0 ? null : String((n % 5) / 10),
  tokens: null,
});

describe('a list that is walked while rows arrive', () => {
  let app: TestApp;
  const there = Array.from({ length: 120 }, (_, n) => message(n, 'there'));
  let arrived = 0;
  /** Fewer than a page has, or the walk would never end. */
  const arrive = () =>
    Promise.all(Array.from({ length: 2 }, () => sendMessage(app, message(arrived, `new ${arrived++}`))));

  beforeAll(async () => {
    app = await startTestApp();
    for (const agent of AGENTS) await addAgent(app, agent);
    await Promise.all(there.map((one) => sendMessage(app, one)));
  });
  afterAll(() => app.close());

  const onceEach = (ids: string[], expected: Iterable<string>) => {
    const counts = new Map<string, number>();
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
    const unequal = [...new Set(expected)].filter((id) => counts.get(id) !== 1);
    expect(unequal).toEqual([]);
    expect(counts.size).toBe(ids.length);
  };

  it.each(['asc', 'desc'])('has every message that was there once, %s', async (order) => {
    const before = arrived;
    const rows = await walk(app, '/v1/messages', { order, limit: 7 }, { meanwhile: arrive });
    expect(arrived).toBeGreaterThan(before);
    onceEach(
      rows.map((row) => row.message_id),
      there.map((one) => one.message_id),
    );
  });

  it.each([
    ['last_message_at', 'asc'],
    ['last_message_at', 'desc'],
    ['credits', 'asc'],
    ['credits', 'desc'],
  ])('has every conversation whose sort key stays once, by %s %s', async (sort, order) => {
    // New messages go to new conversations here, so that no sort key moves.
    const rows = await walk(app, '/v1/conversations', { sort, order, limit: 5 }, { meanwhile: arrive });
    onceEach(
      rows.map((row) => `${row.agent}/${row.conversation_id}`),
      there.map((one) => `${one.agent}/${one.conversation_id}`),
    );
  });
});
