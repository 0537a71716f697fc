import { jest } from '@jest/globals';
import fc from 'fast-check';
import { addDecimals } from '../../../src/ledger/decimal.js';
import { startTestApp, type TestApp } from '../../harness.js';
import { addAgent, bytewise, readToken, type SentMessage, sendMessage, walk } from './archive.js';

/** Some hundred walks of many pages each, on a machine that others use too. */
jest.setTimeout(120_000);

const AGENTS = ['default', 'a-second', 'z-last'];
/** 😀 comes after ～ by its bytes, and before it by UTF-16, as a plain sort of texts would have it. */
const IDS = ['A', 'a', 'é', '你', '😀', '\u{FF5E}', '-', '%2F', 'a/b', 'a b+c', "'; --", '\u{10FFFF}', '0'];
const FIRST = Date.parse('2026-10-24T21:59:59.999Z');
const TIMES = [0, 1, 2, 3_600_000, 86_400_000, 86_400_001].map((later) => FIRST + later);
const COMPONENTS = ['Opening hours', 'opening hours', 'é'.repeat(80), `${'é'.repeat(80)}!`, '%'];

const someMessage: fc.Arbitrary<SentMessage> = fc.record({
  agent: fc.constantFrom(...AGENTS),
  conversation_id: fc.constantFrom(...IDS),
  message_id: fc.tuple(fc.constantFrom(...IDS), fc.nat({ max: 20 })).map(([id, n]) => `${id}${n}`),
  create_time: fc.constantFrom(...TIMES),
  message_type: fc.constantFrom('ANSWER', 'QUESTION'),
  components: fc.array(fc.constantFrom(...COMPONENTS), { maxLength: 2 }),
  credits: fc.option(fc.constantFrom('0', '0.1', '0.2', '0.000000000000000000000000000001', '100')),
  tokens: fc.option(fc.nat({ max: 9 })),
});

const perhaps = <T>(values: T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
const someRange = fc.record({
  from: perhaps(TIMES.map((time) => new Date(time).toISOString())),
  to: perhaps([new Date(FIRST + 86_400_002).toISOString(), '2027-01-01']),
});
const somePage = {
  agent: perhaps(AGENTS),
  order: perhaps(['asc', 'desc']),
  limit: fc.constantFrom(1, 2, 7, 200),
};

const inRange = (time: number, { from, to }: { from?: string | undefined; to?: string | undefined }) =>
  (!from || time >= Date.parse(from)) && (!to || time < Date.parse(to));

describe('lists', () => {
  let app: TestApp;
  let sent: SentMessage[];
  beforeAll(async () => {
    app = await startTestApp();
    for (const agent of AGENTS) await addAgent(app, agent);
    const byId = new Map<string, SentMessage>();
    for (const message of fc.sample(someMessage, { numRuns: 250, seed: 3 })) {
      const id = `${message.agent}/${message.message_id}`;
      if (!byId.has(id)) byId.set(id, message);
    }
    sent = [...byId.values()];
    await Promise.all(sent.map((message) => sendMessage(app, message)));
  });
  afterAll(() => app.close());

  const identity = ({ agent, message_id }: { agent: string; message_id: string }) => `${agent}/${message_id}`;
  const inOrder = (messages: SentMessage[], order = 'desc') => {
    const sorted = [...messages].sort(
      (a, b) =>
        a.create_time - b.create_time || bytewise(a.agent, b.agent) || bytewise(a.message_id, b.message_id),
    );
    return (order === 'asc' ? sorted : sorted.reverse()).map(identity);
  };

  it('have the messages that a plain filter finds, in a total order, on pages of any size', async () => {
    const question = fc.tuple(
      fc.record({
        ...somePage,
        conversation_id: perhaps(IDS),
        message_type: perhaps(['ANSWER', 'QUESTION']),
        component: perhaps(COMPONENTS),
      }),
      someRange,
    );
    await fc.assert(
      fc.asyncProperty(question, async ([asked, range]) => {
        const matching = sent.filter(
          (message) =>
            (!asked.agent || message.agent === asked.agent) &&
            (!asked.conversation_id || message.conversation_id === asked.conversation_id) &&
            (!asked.message_type || message.message_type === asked.message_type) &&
            (!asked.component || message.components.includes(asked.component)) &&
            inRange(message.create_time, range),
        );
        // Without an agent, an id that several agents have is no name.
        const agent = asked.conversation_id ? (asked.agent ?? 'default') : asked.agent;
        const expected = inOrder(
          matching.filter((message) => !agent || message.agent === agent),
          asked.order,
        );
        const rows = await walk(app, '/v1/messages', { ...asked, ...range, agent });
        expect(rows.map(identity)).toEqual(expected);
      }),
      { numRuns: 80 },
    );
  });

  it('have the messages of one conversation, oldest first unless asked otherwise', async () => {
    for (const agent of AGENTS) {
      for (const id of IDS) {
        const path = `/v1/conversations/${encodeURIComponent(id)}/messages`;
        const own = sent.filter((message) => message.agent === agent && message.conversation_id === id);
        for (const order of [undefined, 'asc', 'desc']) {
          const rows = await walk(app, path, { agent, limit: 3, order });
          expect(rows.map(identity)).toEqual(inOrder(own, order ?? 'asc'));
        }
      }
    }
  });

  interface Conversation {
    agent: string;
    conversation_id: string;
    last: number;
    credits: string | null;
    row: object;
  }

  const conversations = (): Conversation[] => {
    const groups = new Map<string, SentMessage[]>();
    for (const one of sent) {
      const key = `${one.agent}/${one.conversation_id}`;
      groups.set(key, [...(groups.get(key) ?? []), one]);
    }
    return [...groups.values()].map((messages) => {
      const { agent, conversation_id } = messages[0]!;
      const times = messages.map(({ create_time }) => create_time);
      const reported = messages.flatMap(({ credits }) => credits ?? []);
      const counted = messages.flatMap(({ tokens }) => tokens ?? []);
      const credits = reported.length > 0 ? addDecimals(...reported) : null;
      const tokens = counted.length > 0 ? counted.reduce((sum, count) => sum + count) : null;
      const row = {
        agent,
        conversation_id,
        first_message_at: new Date(Math.min(...times)).toISOString(),
        last_message_at: new Date(Math.max(...times)).toISOString(),
        messages: messages.length,
        cost: [],
        usage:
          credits === null && tokens === null
            ? null
            : {
                tokens:
                  tokens === null
                    ? null
                    : expect.objectContaining({ total_tokens: tokens, prompt_tokens: null }),
                credits:
                  credits === null
                    ? null
                    : expect.objectContaining({ total_credits: credits, text_input_credits: null }),
              },
      };
      return { agent, conversation_id, last: Math.max(...times), credits, row };
    });
  };

  /** In units of 10^-30; what is unknown stands below zero. */
  const scaled = (credits: string | null) => {
    if (credits === null) return -1n;
    const [whole, fraction = ''] = credits.split('.');
    return BigInt(whole + fraction.padEnd(30, '0'));
  };

  it('have the conversations and their sums that a plain calculation finds, by last message and by credits', async () => {
    const question = fc.tuple(
      fc.record({ ...somePage, sort: perhaps(['last_message_at', 'credits']) }),
      someRange,
    );
    const all = conversations();
    await fc.assert(
      fc.asyncProperty(question, async ([asked, range]) => {
        const key = ({ last, credits }: Conversation) =>
          asked.sort === 'credits' ? scaled(credits) : BigInt(last);
        const expected = all
          .filter((one) => (!asked.agent || one.agent === asked.agent) && inRange(one.last, range))
          .sort(
            (a, b) =>
              Number(key(a) > key(b)) - Number(key(a) < key(b)) ||
              bytewise(a.agent, b.agent) ||
              bytewise(a.conversation_id, b.conversation_id),
          );
        if (asked.order !== 'asc') expected.reverse();
        const rows = await walk(app, '/v1/conversations', { ...asked, ...range });
        expect(rows).toEqual(expected.map(({ row }) => row));
      }),
      { numRuns: 80 },
    );
  });

  it('know one conversation by its id and agent', async () => {
    for (const { agent, conversation_id, row } of conversations()) {
      const path = `/v1/conversations/${encodeURIComponent(conversation_id)}?agent=${agent}`;
      expect((await app.get(path)).body).toEqual(row);
    }
  });

  it('take a month of a zone for both ends of a range', async () => {
    const rows = await walk(app, '/v1/messages', { period: '2026-10', tz: 'Pacific/Kiritimati' });
    expect(rows.map(identity)).toEqual(inOrder(sent));
    expect(await walk(app, '/v1/messages', { period: '2026-09' })).toEqual([]);
    const days = await walk(app, '/v1/messages', {
      from: '2026-10-25',
      to: '2026-10-26',
      tz: 'Europe/Berlin',
    });
    const day = { from: '2026-10-24T22:00:00Z', to: '2026-10-25T23:00:00Z' };
    expect(days.map(identity)).toEqual(inOrder(sent.filter(({ create_time }) => inRange(create_time, day))));
  });

  it('show a key of one agent nothing of the others', async () => {
    for (const agent of AGENTS) {
      const token = readToken(agent);
      const own = sent.filter((message) => message.agent === agent);
      expect((await walk(app, '/v1/messages', {}, { token })).map(identity)).toEqual(inOrder(own));
      const listed = await walk(app, '/v1/conversations', { limit: 5 }, { token });
      expect(new Set(listed.map((row) => row.agent))).toEqual(new Set([agent]));
      const other = AGENTS.find((id) => id !== agent);
      expect((await app.get(`/v1/conversations?agent=${other}`, token)).status).toBe(403);
    }
  });

  it('ask which agent is meant where an id fits two', async () => {
    const everywhere = IDS.find((id) =>
      AGENTS.every((agent) => sent.some((m) => m.agent === agent && m.conversation_id === id)),
    )!;
    const id = encodeURIComponent(everywhere);
    for (const path of [
      `/v1/conversations/${id}`,
      `/v1/conversations/${id}/messages`,
      `/v1/messages?conversation_id=${id}`,
    ]) {
      const { status, body } = await app.get(path);
      expect([status, body.errors[0].field]).toEqual([409, 'agent']);
      const own = await app.get(path, readToken('default'));
      expect(own.status).toBe(200);
    }
  });

  it('take a cursor only for the list it was made for', async () => {
    const { body } = await app.get('/v1/messages?limit=1&order=asc');
    const cursor: string = body.next_cursor;
    expect((await app.get(`/v1/messages?limit=9&order=asc&cursor=${cursor}`)).status).toBe(200);
    const spoilt = cursor.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    for (const path of [
      `/v1/messages?limit=1&order=desc&cursor=${cursor}`,
      `/v1/messages?limit=1&order=asc&from=2026-01-01&cursor=${cursor}`,
      `/v1/messages?limit=1&order=asc&component=x&cursor=${cursor}`,
      `/v1/messages?limit=1&order=asc&agent=default&cursor=${cursor}`,
      `/v1/conversations?order=asc&cursor=${cursor}`,
      `/v1/messages?limit=1&order=asc&cursor=${spoilt}`,
      `/v1/messages?limit=1&order=asc&cursor=${cursor.slice(0, -4)}`,
      `/v1/messages?limit=1&order=asc&cursor=`,
      `/v1/messages?limit=1&order=asc&cursor=AAAA`,
    ]) {
      const answer = await app.get(path);
      expect([path, answer.status, answer.body.errors?.[0].field]).toEqual([path, 400, 'cursor']);
    }
    const bound = await app.get(`/v1/messages?limit=1&order=asc&cursor=${cursor}`, readToken('default'));
    expect(bound.status).toBe(400);
  });
});
