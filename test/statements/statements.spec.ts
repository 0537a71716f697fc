import { createHash, randomUUID } from 'node:crypto';
import { ADMIN, type Json, startTestApp, type TestApp } from '../harness.js';
import { call, fieldsOf } from '../post.js';

const SEPTEMBER_29 = Date.UTC(2025, 8, 29, 12) / 1_000;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('statements', () => {
  let app: TestApp;
  let sent = 0;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  const send = (credits: string, create_time = SEPTEMBER_29, more: object = {}, token?: string) =>
    app.send(
      {
        conversation_id: 'secret conversation',
        message_id: `message ${++sent}`,
        create_time,
        usage: { credits: { total_credits: credits } },
        ...more,
      },
      token ? { headers: { authorization: `Bearer ${token}` } } : {},
    );
  const close = (body: object) => call(app, 'POST', '/v1/statements', body);
  const download = async (path: string) => {
    const answer = await fetch(`${app.url}/v1/statements/${path}`, {
      headers: { authorization: `Bearer ${ADMIN}` },
    });
    return { headers: answer.headers, bytes: new Uint8Array(await answer.arrayBuffer()) };
  };

  it('closes a month of one zone to the last digit, and compares it with what was invoiced', async () => {
    await call(app, 'POST', '/v1/agents/default/prices', {
      from: '2025-09-01',
      currency: 'EUR',
      per_credit: '0.02',
    });
    await send('0.1');
    await send('0.000000000000000000000000000002');
    // 23:30 of UTC is October already in Berlin, and half past midnight of August 31st is September.
    await send('50', Date.UTC(2025, 8, 30, 23, 30) / 1_000);
    await send('0.5', Date.UTC(2025, 7, 31, 22, 30) / 1_000);
    const made = await close({ period: '2025-09', tz: 'Europe/Berlin', invoiced_credits: '1.5' });
    expect(made.status).toBe(201);
    const { id, document, ...rest } = made.body;
    expect(made.headers.get('location')).toBe(`/v1/statements/${id}`);
    expect(rest).toMatchObject({
      period: '2025-09',
      tz: 'Europe/Berlin',
      agent: null,
      replaces: null,
      replaced_by: null,
      restatements: [],
      restated_totals: document.totals,
      closed_by: { label: 'First administrator' },
    });
    // 0.1 + 2·10^-30 + 0.5 = 0.600…002; 1.5 − that = 0.899…998; 0.02 · that = 0.012…04
    expect(document).toMatchObject({
      from: '2025-09-01T00:00:00.000+02:00',
      to: '2025-10-01T00:00:00.000+02:00',
      totals: {
        messages: 3,
        messages_with_usage: 3,
        usage: { tokens: null, credits: { total_credits: '0.600000000000000000000000000002' } },
      },
      cost: [{ currency: 'EUR', amount: '0.01200000000000000000000000000004' }],
      invoiced_credits: '1.5',
      difference: '0.899999999999999999999999999998',
      completeness: { messages_without_usage: 0, corrections: 0, quarantined: 0, looks_cumulative: [] },
    });
    expect(document.days).toHaveLength(30);
    expect(document.days[0]).toMatchObject({
      start: '2025-09-01T00:00:00.000+02:00',
      messages: 1,
      usage: { credits: { total_credits: '0.5' } },
    });
    expect(document.agents).toMatchObject([{ agent: 'default', messages: 3 }]);
    expect((await app.get(`/v1/statements/${id}`)).body).toEqual(made.body);
  });

  it('hands out the bytes that its sum is of, which name no conversation', async () => {
    const [{ id, sha256: told }] = (await app.get('/v1/statements')).body.data;
    const { headers, bytes } = await download(`${id}/document`);
    expect(sha256(bytes)).toBe(told);
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('content-disposition')).toBe(
      'attachment; filename="statement_2025-09_all_Europe-Berlin.json"',
    );
    const { document } = (await app.get(`/v1/statements/${id}`)).body;
    expect(JSON.parse(Buffer.from(bytes).toString())).toEqual(document);
    expect(Buffer.from(bytes).toString()).not.toContain('secret');
    const at = Math.floor(bytes.length / 2);
    bytes[at] = bytes[at]! ^ 1;
    expect(sha256(bytes)).not.toBe(told);
  });

  it('is never made again: what arrives later is told beside it', async () => {
    const [{ id, sha256: told }] = (await app.get('/v1/statements')).body.data;
    const before = (await app.get(`/v1/statements/${id}`)).body;
    await send('0.25');
    await send('9', SEPTEMBER_29 + 40 * 86_400);
    await send('0.05', SEPTEMBER_29, { message_id: 'message 1' });
    const { body } = await app.get(`/v1/statements/${id}`);
    expect(body.document).toEqual(before.document);
    expect(sha256((await download(`${id}/document`)).bytes)).toBe(told);
    expect(
      body.restatements.map((entry: { kind: string; usage: { credits: { total_credits: string } } }) => [
        entry.kind,
        entry.usage.credits.total_credits,
      ]),
    ).toEqual([
      ['correction', '-0.05'],
      ['usage', '0.25'],
    ]);
    // 0.600…002 + 0.25 − 0.05
    expect(body.restated_totals.usage.credits.total_credits).toBe('0.800000000000000000000000000002');
    await expect(app.database.prisma.statement.updateMany({ data: { period: '2025-08' } })).rejects.toThrow();
    await expect(app.database.prisma.statement.deleteMany()).rejects.toThrow();
  });

  it('closes a month once, whatever the zone, unless the statement that counts is replaced', async () => {
    const [{ id }] = (await app.get('/v1/statements')).body.data;
    expect((await close({ period: '2025-09', tz: 'UTC' })).status).toBe(409);
    const replacing = { period: '2025-09', tz: 'Europe/Berlin', replaces: id };
    expect(fieldsOf(await close({ ...replacing, period: '2025-08', reason: 'x' }))).toEqual(['replaces']);
    expect(fieldsOf(await close({ ...replacing, agent: 'default', reason: 'x' }))).toEqual(['replaces']);
    const unknown = { ...replacing, replaces: '00000000-0000-4000-8000-000000000000', reason: 'x' };
    expect(fieldsOf(await close(unknown))).toEqual(['replaces']);
    const next = await close({ ...replacing, reason: 'a late delivery' });
    expect(next.body).toMatchObject({ replaces: id, reason: 'a late delivery', restatements: [] });
    // What was invoiced is carried over: 1.5 − 0.800…002
    expect(next.body.document).toMatchObject({
      invoiced_credits: '1.5',
      difference: '0.699999999999999999999999999998',
    });
    expect((await app.get(`/v1/statements/${id}`)).body.replaced_by).toBe(next.body.id);
    expect((await close({ ...replacing, reason: 'again' })).status).toBe(409);
    expect((await app.get('/v1/statements')).body.data.map((row: { id: string }) => row.id)).toEqual([
      next.body.id,
      id,
    ]);
    const events = await app.database.prisma.auditEvent.findMany({ where: { action: 'statement.closed' } });
    expect(events.map(({ subject }) => subject)).toEqual([id, next.body.id]);
  });

  it('lets one of many closings at the same moment keep its statement', async () => {
    const closings = await Promise.all(
      Array.from({ length: 6 }, () => close({ period: '2025-07', agent: 'default' })),
    );
    expect(closings.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    const { id } = closings.find(({ status }) => status === 201)!.body;
    const again = await Promise.all(
      Array.from({ length: 6 }, () =>
        close({ period: '2025-07', agent: 'default', replaces: id, reason: 'race' }),
      ),
    );
    expect(again.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    expect(await app.database.prisma.statement.count({ where: { period: '2025-07' } })).toBe(2);
  });

  it('closes a clean cut through deliveries that arrive at the same moment', async () => {
    let sending = true;
    const senders = Array.from({ length: 4 }, async () => {
      while (sending) await send('0.001', Date.UTC(2025, 2, 5) / 1_000);
    });
    const closings: Json[] = [];
    for (let times = 0; times < 5; times++) {
      const old = closings.at(-1);
      const replacing = old ? { replaces: old.id, reason: 'later deliveries' } : {};
      closings.push((await close({ period: '2025-03', ...replacing })).body);
    }
    sending = false;
    await Promise.all(senders);
    const thousandths = (totals: Json) =>
      Math.round(Number(totals.usage?.credits.total_credits ?? 0) * 1_000);
    for (const { id, document } of closings) {
      const { body } = await app.get(`/v1/statements/${id}`);
      expect(body.document).toEqual(document);
      // Each late delivery is one entry of a thousandth of a credit.
      expect(thousandths(document.totals) + body.restatements.length).toBe(thousandths(body.restated_totals));
      const again = await app.get(`/v1/usage?period=2025-03&bucket=none&as_of=${document.as_of}`);
      expect(again.body.totals).toEqual(document.totals);
    }
    expect(closings.at(-1).document.totals.messages).toBeGreaterThan(closings[0].document.totals.messages);
  });

  it('refuses what is no month, not over, or not a figure', async () => {
    const now = new Date().toISOString().slice(0, 7);
    for (const [body, field] of [
      [{ period: '2025-13' }, 'period'],
      [{ period: now }, 'period'],
      [{ period: '2099-01' }, 'period'],
      [{}, 'period'],
      [{ period: '2025-05', tz: 'Mars/Olympus' }, 'tz'],
      [{ period: '2025-05', agent: 'nobody' }, 'agent'],
      [{ period: '2025-05', invoiced_credits: 12.5 }, 'invoiced_credits'],
      [{ period: '2025-05', invoiced_credits: 'a lot' }, 'invoiced_credits'],
      [{ period: '2025-05', replaces: 'that one' }, 'replaces'],
      [{ period: '2025-05', reason: ' ' }, 'reason'],
      [{ period: '1999-12' }, 'period'],
      [{ period: '0001-01' }, 'period'],
      [{ period: '2025-05', replaces: randomUUID() }, 'reason'],
      [{ period: '2025-05', replaces: randomUUID(), reason: null }, 'reason'],
      [{ period: '2025-05', from: '2025-05-01' }, 'from'],
    ] as const) {
      const refused = await close(body);
      expect([refused.status, fieldsOf(refused)]).toEqual([400, [field]]);
    }
    expect((await app.get('/v1/statements/nothing')).status).toBe(404);
  });

  it('shows a key of one agent the statements of that agent, and lets it close none', async () => {
    await call(app, 'POST', '/v1/agents', { id: 'other' });
    const token = 'read-token-of-the-agent-other';
    await call(app, 'POST', '/v1/keys', { scopes: ['read'], agent: 'other', token });
    const own = await close({ period: '2025-06', agent: 'other' });
    expect(own.body.document).toMatchObject({ totals: { messages: 0, usage: null, cost: [] }, agents: [] });
    const all = await close({ period: '2025-06', agent: null });
    const { body } = await app.get('/v1/statements', token);
    expect(body.data.map((row: { id: string }) => row.id)).toEqual([own.body.id]);
    expect((await app.get(`/v1/statements/${own.body.id}`, token)).status).toBe(200);
    expect((await app.get(`/v1/statements/${all.body.id}`, token)).status).toBe(404);
    expect((await app.get(`/v1/statements/${all.body.id}/document`, token)).status).toBe(404);
    expect((await app.get('/v1/statements?agent=default', token)).status).toBe(403);
    expect((await call(app, 'POST', '/v1/statements', { period: '2025-05' }, token)).status).toBe(403);
  });

  it('carries over what was invoiced, unless another figure or none is given', async () => {
    const period = '2025-02';
    await send('10', Date.UTC(2025, 1, 5) / 1_000);
    const invoiced = '123456789012345678901234567890.000000000000000000000000000001';
    let last = (await close({ period, invoiced_credits: invoiced })).body;
    const replace = async (more: object) => {
      const { status, body } = await close({ period, replaces: last.id, reason: 'again', ...more });
      expect(status).toBe(201);
      last = body;
      return [body.document.invoiced_credits, body.document.difference];
    };
    const difference = '123456789012345678901234567880.000000000000000000000000000001';
    expect(await replace({})).toEqual([invoiced, difference]);
    expect(await replace({})).toEqual([invoiced, difference]);
    expect(await replace({ invoiced_credits: '12.50' })).toEqual(['12.5', '2.5']);
    expect(await replace({})).toEqual(['12.5', '2.5']);
    expect(await replace({ invoiced_credits: null })).toEqual([null, null]);
    expect(await replace({})).toEqual([null, null]);
    // A refused one changes nothing.
    expect((await close({ period, replaces: last.id })).body.errors).toEqual([
      { field: 'reason', problem: expect.stringContaining('must be given') },
    ]);
    expect(await replace({ invoiced_credits: '0' })).toEqual(['0', '-10']);
  });

  it('says in the list what each was compared with, as its document does', async () => {
    const { data } = (await app.get('/v1/statements')).body;
    expect(data.length).toBeGreaterThan(5);
    for (const row of data) {
      const { restatements, restated_totals, document, ...head } = (await app.get(`/v1/statements/${row.id}`))
        .body;
      expect(row).toEqual(head);
      expect(row).toMatchObject({
        credits: document.totals.usage?.credits.total_credits ?? null,
        cost: document.cost,
        invoiced_credits: document.invoiced_credits,
        difference: document.difference,
      });
    }
  });

  it('names in its document the rules and the prices that it used', async () => {
    const add = (agent: string, from: string, currency: string, per_credit: string) =>
      call(app, 'POST', `/v1/agents/${agent}/prices`, { from, currency, per_credit });
    await call(app, 'POST', '/v1/agents', { id: 'a-priced' });
    const token = 'ingest-token-of-a-priced';
    await call(app, 'POST', '/v1/keys', { scopes: ['ingest'], agent: 'a-priced', token });
    await add('default', '2024-01-15', 'USD', '1');
    await add('a-priced', '2023-12-01', 'USD', '3');
    await add('a-priced', '2024-01-01', 'EUR', '0.10');
    await add('a-priced', '2024-01-31', 'USD', '2');
    await add('a-priced', '2024-01-31', 'CHF', '4');
    await add('a-priced', '2024-02-01', 'USD', '5');
    await send('10', Date.UTC(2024, 0, 31, 12) / 1_000, {}, token);
    await send('7', Date.UTC(2024, 0, 10) / 1_000);
    const { id, document } = (await close({ period: '2024-01', tz: 'UTC' })).body;
    expect(document.tzdata).toBe(process.versions.tz);
    expect(document.prices).toEqual([
      { agent: 'a-priced', from: '2024-01-01', currency: 'EUR', per_credit: '0.1' },
      { agent: 'a-priced', from: '2024-01-31', currency: 'CHF', per_credit: '4' },
      { agent: 'default', from: '2024-01-15', currency: 'USD', per_credit: '1' },
    ]);
    expect(document.cost).toEqual([{ currency: 'CHF', amount: '40' }]);
    expect(document.completeness.unpriced_credits).toBe('7');
    // What the month costs by today's prices is told beside it.
    await add('default', '2024-01-01', 'USD', '2');
    const { body } = await app.get(`/v1/statements/${id}`);
    expect(body.document).toEqual(document);
    expect(body.restated_totals.cost).toEqual([
      { currency: 'CHF', amount: '40' },
      { currency: 'USD', amount: '14' },
    ]);
    expect(
      (await app.get(`/v1/usage?period=2024-01&tz=UTC&as_of=${document.as_of}`)).body.totals.cost,
    ).toEqual(document.cost);
  });

  it('closes a month once, whichever of a zone’s names it is asked by', async () => {
    const asked = { period: '2024-05', agent: 'default', tz: 'Asia/Kathmandu' };
    const made = await close(asked);
    expect([made.status, made.body.tz, made.body.document.tz]).toEqual([
      201,
      'Asia/Kathmandu',
      'Asia/Kathmandu',
    ]);
    expect((await app.get('/v1/statements')).body.data[0].tz).toBe('Asia/Kathmandu');
    for (const tz of ['Asia/Katmandu', 'asia/kathmandu', 'UTC'])
      expect((await close({ ...asked, tz })).status).toBe(409);
    const next = await close({
      ...asked,
      tz: 'Asia/Katmandu',
      replaces: made.body.id,
      reason: 'its old name',
    });
    expect([next.status, next.body.tz]).toEqual([201, 'Asia/Katmandu']);
    expect(next.body.document.from).toBe('2024-05-01T00:00:00.000+05:45');
  });

  it('shows and tabulates documents of earlier versions, which lack what was added since', async () => {
    const old = {
      statement: randomUUID(),
      period: '2023-05',
      tz: 'UTC',
      from: '2023-05-01T00:00:00.000+00:00',
      to: '2023-06-01T00:00:00.000+00:00',
      agent: null,
      as_of: '2023-06-02T00:00:00.000Z',
      replaces: null,
      reason: null,
      totals: { messages: 0, messages_with_usage: 0, usage: null, cost: [] },
      cost: [],
      invoiced_credits: '5',
      difference: '5',
      completeness: {},
      days: [],
      agents: [],
    };
    const bytes = Buffer.from(`${JSON.stringify(old, null, 2)}\n`);
    await app.database.pool.query(
      `insert into statement (id, period, tz, range_from, range_to, as_of, closed_at, invoiced_credits, document, sha256)
       values ($1, '2023-05', 'UTC', '2023-05-01Z', '2023-06-01Z', '2023-06-02Z', '2023-06-02Z', 5, $2, sha256($2))`,
      [old.statement, bytes],
    );
    const { body } = await app.get(`/v1/statements/${old.statement}`);
    expect(body).toMatchObject({ document: old, credits: null, invoiced_credits: '5', difference: '5' });
    const { bytes: table } = await download(`${old.statement}/csv`);
    expect(Buffer.from(table).toString()).toContain('invoiced,2023-05,');
    const next = await close({ period: '2023-05', replaces: old.statement, reason: 'a later version' });
    expect(next.body.document).toMatchObject({ invoiced_credits: '5', prices: [] });
  });

  it('writes the document as a table that spreadsheets read', async () => {
    const [{ id }] = (await app.get('/v1/statements')).body.data.filter(
      (row: { period: string; replaced_by: string | null }) => row.period === '2025-09' && row.replaced_by,
    );
    const { headers, bytes } = await download(`${id}/csv`);
    expect(headers.get('content-disposition')).toBe(
      'attachment; filename="statement_2025-09_all_Europe-Berlin.csv"',
    );
    const lines = Buffer.from(bytes).toString().split('\r\n');
    expect(lines[0]).toBe(
      'row,date,agent,messages,messages_with_usage,total_tokens,prompt_tokens,completion_tokens,' +
        'prompt_text_tokens,prompt_audio_tokens,completion_text_tokens,completion_audio_tokens,completion_reasoning_tokens,' +
        'total_credits,text_input_credits,text_output_credits,audio_input_credits,audio_output_credits,currency,cost',
    );
    const marked = await download(`${id}/csv?bom=true`);
    expect(Buffer.from(marked.bytes).toString()).toBe(`\uFEFF${lines.join('\r\n')}`);
    expect(lines).toContain('day,2025-09-01,,1,1,,,,,,,,,0.5,,,,,EUR,0.01');
    expect(lines).toContain('day,2025-09-02,,0,0,,,,,,,,,,,,,,,');
    expect(lines).toContain('invoiced,2025-09,,,,,,,,,,,,1.5,,,,,,');
    expect(lines.at(-1)).toBe('');
    expect(new Set(lines.map((line) => line.split(',').length))).toEqual(new Set([20, 1]));
  });
});
