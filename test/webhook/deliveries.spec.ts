import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { readAsDelivery } from '../../src/webhook/delivery.js';
import { WriterService } from '../../src/webhook/writer.service.js';
import { INGEST, json, openClient, startTestApp, type TestApp } from '../harness.js';

const message = (id: string, more: object = {}) => ({
  conversation_id: `conversation of ${id}`,
  message_id: id,
  create_time: 1_758_900_000,
  text: 'hello',
  ...more,
});
const credits = (total_credits: unknown, more: object = {}) => ({
  usage: { credits: { total_credits }, ...more },
});

describe('deliveries', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  const deliver = async (body: unknown) => {
    const answer = await app.send(body);
    expect(await answer.text()).toBe('{"code":200,"msg":"success"}');
  };
  const read = async (id: string) => (await app.get(`/v1/messages/${id}`)).body;
  const outcomes = async (id: string) =>
    (await app.get(`/v1/messages/${id}/deliveries`)).body.data.map((row: { outcome: string }) => row.outcome);
  const totals = async () =>
    (await app.get('/v1/usage?bucket=none&from=2025-09-26&to=2025-09-27')).body.totals;

  it('counts the same bytes once, and records each time they came', async () => {
    const before = await totals();
    const body = JSON.stringify(message('repeated', credits(0.5)));
    for (let times = 0; times < 3; times++) await deliver(body);
    expect(await outcomes('repeated')).toEqual(['stored', 'repeated', 'repeated']);
    expect((await read('repeated')).revision).toBe(1);
    expect((await totals()).messages).toBe(before.messages + 1);
    const { data } = (await app.get('/v1/messages/repeated/deliveries')).body;
    const sha256 = createHash('sha256').update(body).digest('hex');
    for (const delivery of data) expect(delivery).toMatchObject({ body, sha256 });
    expect(
      await app.database.prisma.delivery.count({ where: { messageId: 'repeated', NOT: { body: null } } }),
    ).toBe(1);
  });

  it('takes other bytes for a revision, which a late retry of the first does not undo', async () => {
    const first = message('revised', { ...credits('0.1'), output: [{ content: 'a' }, { content: 'b' }] });
    await deliver(first);
    await deliver({ ...first, text: 'corrected', output: [{ content: 'c' }], ...credits('0.3') });
    await deliver(first);
    expect(await outcomes('revised')).toEqual(['stored', 'revised', 'repeated']);
    expect(await read('revised')).toMatchObject({
      revision: 2,
      text: 'corrected',
      output: [{ position: 1, content: { text: 'c', audio: [] } }],
      usage: { credits: { total_credits: '0.3' } },
    });
    const entries = await app.database.prisma.usageEntry.findMany({
      where: { messageId: 'revised' },
      orderBy: { revision: 'asc' },
    });
    expect(entries.map((entry) => [entry.kind, entry.totalCredits?.toFixed()])).toEqual([
      ['usage', '0.1'],
      ['correction', '0.2'],
    ]);
  });

  it('lets a body without usage take none away, and one with usage replace the whole', async () => {
    const tokens = { total_tokens: 7, prompt_tokens: 4, completion_tokens: 3 };
    await deliver(message('usage', credits(1, { tokens })));
    await deliver(message('usage', { text: 'no usage here' }));
    expect((await read('usage')).usage).toMatchObject({ tokens, credits: { total_credits: '1' } });
    await deliver(message('usage', credits(2)));
    expect((await read('usage')).usage).toMatchObject({ tokens: null, credits: { total_credits: '2' } });
  });

  it('does not move a message to another day or type, but counts that somebody tried', async () => {
    await deliver(message('dated', { message_type: 'QUESTION' }));
    await deliver(message('dated', { create_time: 1_700_000_000, message_type: 'ANSWER' }));
    expect(await read('dated')).toMatchObject({
      create_time: '2025-09-26T15:20:00.000Z',
      message_type: 'QUESTION',
      revision: 2,
    });
    const { completeness } = (await app.get('/v1/usage?bucket=none&from=2025-09-26&to=2025-09-27')).body;
    expect(completeness.redated).toBe(1);
  });

  it('keeps a message in its conversation', async () => {
    await deliver(message('settled'));
    const answer = await app.send(message('settled', { conversation_id: 'another' }));
    expect(answer.status).toBe(400);
    expect((await json(answer)).errors[0].field).toBe('conversation_id');
    expect((await read('settled')).conversation_id).toBe('conversation of settled');
  });

  it('answers 200 for what it refuses where the agent asks for that, and keeps the bytes all the same', async () => {
    await app.database.prisma.agent.update({ where: { id: 'default' }, data: { onInvalid: 'accept' } });
    await deliver('not json at all');
    await app.database.prisma.agent.update({ where: { id: 'default' }, data: { onInvalid: 'reject' } });
    const kept = await app.database.prisma.delivery.findMany({ where: { quarantine: 'waiting' } });
    expect(kept.map((row) => Buffer.from(row.body ?? []).toString())).toContain('not json at all');
  });

  it('stores twenty parallel deliveries of one message once', async () => {
    const before = await totals();
    const body = JSON.stringify(message('parallel', credits('0.000000000000000000000000000001')));
    await Promise.all(Array.from({ length: 20 }, () => deliver(body)));
    const arrived = await outcomes('parallel');
    expect(arrived).toHaveLength(20);
    expect(arrived.filter((outcome: string) => outcome === 'stored')).toHaveLength(1);
    expect((await totals()).messages).toBe(before.messages + 1);
    expect(await app.database.prisma.usageEntry.count({ where: { messageId: 'parallel' } })).toBe(1);
  });

  it('gives twenty parallel revisions of one message twenty numbers, and counts the last', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, n) => deliver(message('racing', credits(n + 1)))));
    const { revision, usage } = await read('racing');
    expect(revision).toBe(20);
    const entries = await app.database.prisma.usageEntry.findMany({ where: { messageId: 'racing' } });
    const sum = entries.reduce((total, entry) => total + Number(entry.totalCredits), 0);
    expect(String(sum)).toBe(usage.credits.total_credits);
  });

  it('stores first bodies that come beside repeats and revisions of others, each with its own pieces', async () => {
    const body = (kind: string, n: number, text = `${kind} ${n}`) =>
      message(`${kind} ${n}`, { ...credits(1), output: [{ content: text }, { content: `${text}, again` }] });
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    await Promise.all(numbers.flatMap((n) => [deliver(body('repeated', n)), deliver(body('revised', n))]));
    const before = await app.database.prisma.ledgerState.findFirstOrThrow();
    await Promise.all(
      numbers.flatMap((n) => [
        deliver(body('repeated', n)),
        deliver(body('new', n)),
        deliver(body('revised', n, `otherwise ${n}`)),
      ]),
    );
    for (const n of numbers) {
      expect(await outcomes(`repeated ${n}`)).toEqual(['stored', 'repeated']);
      expect(await outcomes(`revised ${n}`)).toEqual(['stored', 'revised']);
      expect(await outcomes(`new ${n}`)).toEqual(['stored']);
      const texts = async (id: string) =>
        (await read(id)).output.map(({ content }: { content: { text: string } }) => content.text);
      expect(await texts(`new ${n}`)).toEqual([`new ${n}`, `new ${n}, again`]);
      expect(await texts(`revised ${n}`)).toEqual([`otherwise ${n}`, `otherwise ${n}, again`]);
    }
    const changes = await app.database.prisma.change.findMany({
      where: { position: { gt: before.position } },
      orderBy: { position: 'asc' },
    });
    expect(changes.map(({ position }) => position - before.position)).toEqual(
      Array.from({ length: 40 }, (_, index) => BigInt(index + 1)),
    );
  });

  describe('with bodies of one message that are on their way together', () => {
    const long = Array.from({ length: 20_000 }, (_, n) => `word${n}`).join(' ');
    const store = async (id: string, text: string, credit: number) => {
      const key = {
        ...(await app.database.prisma.apiKey.findFirstOrThrow({ where: { agentId: { not: null } } })),
      };
      const body = Buffer.from(JSON.stringify(message(id, { text, ...credits(credit) })));
      const delivery = readAsDelivery(body, new Date(), key as never)!;
      return () => app.app.get(WriterService).store(delivery);
    };
    const others = (id: string) =>
      Promise.all(Array.from({ length: 10 }, (_, n) => store(`${id}, other ${n}`, '', 1)));
    /** Stores one alone, which waits for the lock, and all that follow while it waits. */
    const storeBehind = async (first: () => Promise<unknown>, following: (() => Promise<unknown>)[]) => {
      const holder = await openClient(app.databaseUrl);
      await holder.query('select pg_advisory_lock(4270001)');
      const storing = [first(), ...following.map((go) => go())];
      await sleep(200);
      await holder.end();
      await Promise.all(storing);
    };
    const shown = async (id: string) => {
      const { text, usage, revision } = await read(id);
      return [text.slice(0, 10), usage.credits.total_credits, revision];
    };

    it('shows the newest of one batch', async () => {
      await (await store('two', 'there', 1))();
      const [alone, first, second] = await Promise.all([
        store('two, alone', '', 1),
        store('two', 'first', 2),
        store('two', 'second', 3),
      ]);
      await storeBehind(alone!, [first!, second!, ...(await others('two'))]);
      expect(await shown('two')).toEqual(['second', '3', 3]);
    });

    it('shows the newest of two batches, of which the second could be decided about first', async () => {
      await (await store('behind', 'there', 1))();
      const [first, second] = [await store('behind', 'first', 2), await store('behind', long, 3)];
      await storeBehind(first, [second, ...(await others('behind'))]);
      expect(await shown('behind')).toEqual(['word0 word', '3', 3]);
    });

    it('keeps nothing to search by of what only the first of them said', async () => {
      const first = await store('cut short', `${long} formerly`, 1);
      const second = await store('cut short', 'brief', 2);
      await storeBehind(await store('cut short, alone', '', 1), [first, second, ...(await others('cut'))]);
      expect(await shown('cut short')).toEqual(['brief', '2', 2]);
      const parts = await app.database.pool.query("select from search_part where message_id = 'cut short'");
      expect(parts.rowCount).toBe(0);
    });
  });

  it('stores what is too large to be sent with its lock, alone and beside others', async () => {
    const audio = 'a'.repeat(1_500_000);
    const large = (id: string, text: string) =>
      message(id, { text, output: [{ content: { text: '', audio: [{ audio }] } }] });
    await deliver(large('large', 'first'));
    await Promise.all([
      deliver(large('large', 'again')),
      deliver(large('large beside', 'x')),
      app.send('no json'),
    ]);
    expect(await outcomes('large')).toEqual(['stored', 'revised']);
    const { text, output } = await read('large beside');
    expect([text, output[0].content.audio[0].audio.length]).toEqual(['x', audio.length]);
  });

  it('accepts a body that declares no type', async () => {
    const body = new TextEncoder().encode(JSON.stringify(message('undeclared')));
    const headers = { authorization: `Bearer ${INGEST}` };
    const answer = await fetch(`${app.url}/webhook`, { method: 'POST', body, headers });
    expect(answer.status).toBe(200);
    expect((await app.send(body, { headers: { 'content-type': '' } })).status).toBe(200);
  });

  it.each([
    ['a declared type that is no JSON', { 'content-type': 'text/plain' }, 415],
    ['a Content-Encoding', { 'content-encoding': 'gzip' }, 415],
  ])('refuses %s and keeps nothing', async (_, headers, status) => {
    const count = await app.database.prisma.delivery.count();
    const answer = await app.send(message('media'), { headers });
    expect(answer.status).toBe(status);
    expect(await json(answer)).toMatchObject({ code: status, msg: expect.any(String), errors: [] });
    expect(await app.database.prisma.delivery.count()).toBe(count);
  });

  it('refuses more bytes than BODY_LIMIT and keeps nothing', async () => {
    const count = await app.database.prisma.delivery.count();
    const answer = await app.send(message('large', { text: 'x'.repeat(4_200_000) }));
    expect(answer.status).toBe(413);
    expect(await json(answer)).toMatchObject({ code: 413 });
    expect(await app.database.prisma.delivery.count()).toBe(count);
  });

  it('keeps an empty body in quarantine', async () => {
    const answer = await app.send('');
    expect(answer.status).toBe(400);
    const { delivery_id } = await json(answer);
    const kept = await app.database.prisma.delivery.findFirstOrThrow({ where: { id: delivery_id } });
    expect(kept.bytes).toBe(0);
  });

  it('keeps the sums in step with the messages', async () => {
    const [sums] = await app.database.prisma.$queryRaw<object[]>`
      select (select sum(messages) from usage_bucket where span = 900) as bucket_messages, (select count(*) from message) as messages,
             (select sum(total_credits)::text from usage_bucket where span = 86400) as bucket_credits,
             (select sum(total_credits)::text from usage_entry) as entry_credits,
             (select sum(total_credits)::text from message) as message_credits,
             (select sum(total_credits)::text from conversation) as conversation_credits`;
    const { bucket_messages, messages, ...credits } = sums as Record<string, unknown>;
    expect(String(bucket_messages)).toBe(String(messages));
    expect(new Set(Object.values(credits)).size).toBe(1);
  });

  it('names its months', async () => {
    const [row] = await app.database.prisma.$queryRaw<{ partition: string }[]>`
      select tableoid::regclass::text as partition from delivery limit 1`;
    expect(row?.partition).toMatch(/^delivery_\d{4}_\d{2}$/);
  });
});
