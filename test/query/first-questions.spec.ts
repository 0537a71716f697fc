import { startTestApp, type TestApp } from '../harness.js';

const at = (instant: string) => Math.floor(Date.parse(instant) / 1000);
const DAY = '2026-10-25';

describe('the first questions', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
    const usage = (total: string, prompt?: number) => ({
      usage: { tokens: { prompt_tokens: prompt }, credits: { total_credits: total } },
    });
    for (const [message_id, instant, more] of [
      ['before', '2026-10-24T21:59:59Z', usage('100')],
      ['first of the day', '2026-10-24T22:00:00Z', usage('0.1')],
      ['question', '2026-10-25T12:00:00Z', { message_type: 'QUESTION' }],
      ['unknown usage', '2026-10-25T12:00:01Z', {}],
      ['last of the day', '2026-10-25T22:59:59Z', usage('0.200000000000000000000000000001', 5)],
      ['after', '2026-10-25T23:00:00Z', usage('100')],
    ] as const) {
      const answer = await app.send({ conversation_id: 'c', message_id, create_time: at(instant), ...more });
      expect(answer.status).toBe(200);
    }
  });
  afterAll(() => app.close());

  it('tell what a local day cost, in the offsets of that day', async () => {
    const { body } = await app.get(`/v1/usage?from=${DAY}&to=2026-10-27&tz=Europe/Berlin&bucket=day`);
    expect(body).toMatchObject({
      from: '2026-10-25T00:00:00.000+02:00',
      to: '2026-10-27T00:00:00.000+01:00',
      tz: 'Europe/Berlin',
    });
    const [day, next] = body.data;
    expect(day).toMatchObject({
      start: '2026-10-25T00:00:00.000+02:00',
      end: '2026-10-26T00:00:00.000+01:00',
      messages: 4,
      messages_with_usage: 2,
      usage: {
        tokens: {
          total_tokens: null,
          prompt_tokens: 5,
          completion_tokens: null,
          prompt_tokens_details: null,
        },
        // 0.1 + 0.200000000000000000000000000001
        credits: { total_credits: '0.300000000000000000000000000001', text_input_credits: null },
      },
    });
    expect(next.usage.credits.total_credits).toBe('100');
    expect(body.totals.usage.credits.total_credits).toBe('100.300000000000000000000000000001');
    expect(body.completeness.messages_without_usage).toBe(1);
  });

  it('cut a quarter of an hour where the range does', async () => {
    const { body } = await app.get(
      '/v1/usage?from=2026-10-24T21:59:59.500Z&to=2026-10-25T22:59:59.001Z&bucket=none',
    );
    expect(body.totals).toMatchObject({
      messages: 4,
      usage: { credits: { total_credits: '0.300000000000000000000000000001' } },
    });
    const without = await app.get(
      '/v1/usage?from=2026-10-24T21:59:59.500Z&to=2026-10-25T22:59:59Z&bucket=none',
    );
    expect(without.body.totals.usage.credits.total_credits).toBe('0.1');
  });

  it('show a day without messages, with unknown usage', async () => {
    const { body } = await app.get('/v1/usage?from=2026-01-01&to=2026-01-03');
    expect(
      body.data.map(({ messages, usage }: { messages: number; usage: unknown }) => [messages, usage]),
    ).toEqual([
      [0, null],
      [0, null],
    ]);
    expect(body.totals).toMatchObject({ messages: 0, usage: null });
  });

  it('walk a conversation in both directions, page by page', async () => {
    const walk = async (order: string) => {
      const ids: string[] = [];
      let cursor = '';
      do {
        const { body } = await app.get(`/v1/conversations/c/messages?order=${order}&limit=2${cursor}`);
        ids.push(...body.data.map(({ message_id }: { message_id: string }) => message_id));
        cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
      } while (cursor);
      return ids;
    };
    const ids = ['before', 'first of the day', 'question', 'unknown usage', 'last of the day', 'after'];
    expect(await walk('asc')).toEqual(ids);
    expect(await walk('desc')).toEqual([...ids].reverse());
  });

  it('are answered with a problem where something is wrong with them', async () => {
    const { status, body } = await app.get('/v1/usage?bucket=fortnight&nonsense=1');
    expect(status).toBe(400);
    expect(body).toMatchObject({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail: expect.any(String),
    });
    expect(body.errors.map(({ field }: { field: string }) => field).sort()).toEqual(['bucket', 'nonsense']);
    expect((await app.get('/v1/usage?agent=nobody')).body.errors[0].field).toBe('agent');
    expect((await app.get('/v1/messages/none')).status).toBe(404);
    expect((await app.get('/v1/conversations/c/messages?cursor=AAAA')).body.errors[0].field).toBe('cursor');
    const { body: page } = await app.get('/v1/conversations/c/messages?limit=1');
    expect((await app.get(`/v1/conversations/c/messages?order=desc&cursor=${page.next_cursor}`)).status).toBe(
      400,
    );
  });

  it('ask which agent is meant where an id fits two', async () => {
    await app.database.prisma.agent.create({ data: { id: 'second', name: 'Second' } });
    await app.database.prisma.$executeRaw`
      insert into conversation select 'second', id, first_message_at, last_message_at, 1, 0, 0 from conversation where agent_id = 'default'`;
    expect((await app.get('/v1/conversations/c/messages')).status).toBe(409);
    expect((await app.get('/v1/conversations/c/messages?agent=default')).status).toBe(200);
  });
});
