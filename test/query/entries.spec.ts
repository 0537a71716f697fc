import { createHash } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import { ADMIN, INGEST, startTestApp, type TestApp } from '../harness.js';
import { call, fieldsOf } from '../post.js';

const OCTOBER = Date.UTC(2026, 9, 1) / 1_000;
type Entry = Record<string, string> & { usage: { credits: { total_credits: string } } };

describe('ledger entries', () => {
  let app: TestApp;
  let otherToken: string;
  const body = (id: string, total_credits: unknown, more: object = {}) => ({
    conversation_id: 'conversation',
    message_id: id,
    create_time: OCTOBER,
    usage: { credits: { total_credits } },
    ...more,
  });
  const list = async (query = '') => (await app.get(`/v1/usage/entries?${query}`)).body.data as Entry[];
  const file = (query: string, token = ADMIN) =>
    fetch(`${app.url}/v1/usage/entries?${query}`, { headers: { authorization: `Bearer ${token}` } });
  const brief = (entries: Entry[]) =>
    entries.map(({ kind, message_id, usage }) => [kind, message_id, usage.credits.total_credits]);

  beforeAll(async () => {
    app = await startTestApp();
    await call(app, 'POST', '/v1/agents', { id: 'other' });
    otherToken = 'ingest-token-of-another-agent';
    await call(app, 'POST', '/v1/keys', { scopes: ['ingest'], agent: 'other', token: otherToken });
    const asOther = { headers: { authorization: `Bearer ${otherToken}` } };
    await app.send(body('a', '1.50'));
    await app.send(body('b', '2', { create_time: OCTOBER - 60 }));
    await app.send(body('a', '1.25'));
    await app.send(body('a', '1.250', { text: 'the same figures add nothing' }));
    await app.send(body('=1+1', '3', { create_time: OCTOBER + 60, conversation_id: 'say "x",\r\n@' }));
    await app.send(body('a', '7', { create_time: OCTOBER + 120 }), asOther);
  });
  afterAll(() => app.close());

  it('shows them oldest use first, corrections as differences', async () => {
    const entries = await list();
    expect(brief(entries)).toEqual([
      ['usage', 'b', '2'],
      ['usage', 'a', '1.5'],
      ['correction', 'a', '-0.25'],
      ['usage', '=1+1', '3'],
      ['usage', 'a', '7'],
    ]);
    expect(entries[0]).toMatchObject({
      agent: 'default',
      conversation_id: 'conversation',
      message_type: 'ANSWER',
      revision: 1,
      occurred_at: '2026-09-30T23:59:00.000Z',
      usage: { tokens: null, credits: { total_credits: '2', text_input_credits: null } },
    });
    expect(new Set(entries.map(({ entry_id }) => entry_id)).size).toBe(5);
  });

  it('leads from each entry to the bytes that it was read from', async () => {
    for (const { agent, message_id, delivery_id, usage, kind } of await list('agent=default')) {
      const { body: deliveries } = await app.get(`/v1/messages/${message_id}/deliveries?agent=${agent}`);
      const delivery = deliveries.data.find(
        (row: { delivery_id: string }) => row.delivery_id === delivery_id,
      );
      const bytes = Buffer.from(
        await (
          await fetch(`${app.url}/v1/deliveries/${delivery_id}/body`, {
            headers: { authorization: `Bearer ${ADMIN}` },
          })
        ).arrayBuffer(),
      );
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(delivery.sha256);
      const sent = JSON.parse(bytes.toString()).usage.credits.total_credits;
      if (kind === 'usage') expect(Number(usage.credits.total_credits)).toBe(Number(sent));
    }
  });

  it('filters by agent, conversation, message and range, whose end does not belong to it', async () => {
    expect(brief(await list('agent=other'))).toEqual([['usage', 'a', '7']]);
    expect(await list('agent=default&message_id=a')).toHaveLength(2);
    expect(await list('agent=default&conversation_id=conversation')).toHaveLength(3);
    expect(brief(await list('period=2026-09'))).toEqual([['usage', 'b', '2']]);
    expect(brief(await list('period=2026-09&tz=Asia/Tokyo'))).toEqual([]);
    expect(await list('from=2026-10-01T00:00:00Z&to=2026-10-01T00:01:00Z')).toHaveLength(2);
    expect((await app.get('/v1/usage/entries?message_id=a')).status).toBe(409);
    expect((await app.get('/v1/usage/entries?conversation_id=conversation')).status).toBe(409);
    expect(await list('message_id=nobody')).toEqual([]);
  });

  it('answers each entry once however small the pages', async () => {
    const walked: Entry[] = [];
    let cursor = '';
    do {
      const { body: page } = await app.get(`/v1/usage/entries?limit=1${cursor && `&cursor=${cursor}`}`);
      walked.push(...page.data);
      cursor = page.next_cursor;
    } while (cursor);
    expect(walked).toEqual(await list());
    const first = (await app.get('/v1/usage/entries?limit=1')).body.next_cursor;
    expect((await app.get(`/v1/usage/entries?limit=1&agent=other&cursor=${first}`)).status).toBe(400);
  });

  it('answers as of an instant what was recorded by then, that millisecond included', async () => {
    const [, first, correction] = await list();
    expect(brief(await list(`as_of=${correction!.recorded_at}&message_id=a&agent=default`))).toHaveLength(2);
    const before = new Date(Date.parse(correction!.recorded_at!) - 1).toISOString();
    expect(await list(`as_of=${before}&message_id=a&agent=default`)).toEqual([first]);
    expect(await list('as_of=2001-01-01T00:00:00Z')).toEqual([]);
    const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
    expect(await list(`as_of=${day(0)}`)).toEqual([]);
    for (const bad of [new Date(Date.now() + 60_000).toISOString(), 'yesterday', '2026-02-30', day(1)]) {
      const { status, body: problem } = await app.get(`/v1/usage/entries?as_of=${bad}`);
      expect([status, problem.errors[0].field]).toEqual([400, 'as_of']);
    }
  });

  it.each(['/v1/usage/entries', '/v1/usage'])(
    'takes a date for as_of in the zone of the question: %s',
    async (path) => {
      // It is this date there now, and nowhere west of Greenwich yet.
      const date = new Date(Date.now() + 14 * 3_600_000).toISOString().slice(0, 10);
      const ask = (tz: string) => app.get(`${path}?as_of=${date}&tz=${encodeURIComponent(tz)}`);
      expect((await ask('Pacific/Kiritimati')).status).toBe(200);
      expect((await ask('Etc/GMT+12')).body.errors).toEqual([
        { field: 'as_of', problem: expect.any(String) },
      ]);
    },
  );

  it('writes them as NDJSON, one as the list shows it a line', async () => {
    const answer = await file('format=ndjson');
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (await answer.text()).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line))).toEqual(await list());
  });

  it('writes them as CSV, where no text is taken for a formula', async () => {
    const answer = await file('format=csv&agent=default');
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const text = await answer.text();
    expect(text.split('\r\n')[0]).toBe(
      'entry_id,kind,agent,conversation_id,message_id,message_type,revision,delivery_id,occurred_at,recorded_at,' +
        'total_tokens,prompt_tokens,completion_tokens,prompt_text_tokens,prompt_audio_tokens,completion_text_tokens,' +
        'completion_audio_tokens,completion_reasoning_tokens,total_credits,text_input_credits,text_output_credits,' +
        'audio_input_credits,audio_output_credits',
    );
    expect(text).toContain(`,default,"say ""x"",\r\n@",'=1+1,ANSWER,1,`);
    // A difference is a number, not a text, and keeps its sign.
    expect(text).toContain(',-0.25,');
    expect(new Uint8Array(await (await file('format=csv&bom=true')).arrayBuffer()).subarray(0, 3)).toEqual(
      Uint8Array.of(0xef, 0xbb, 0xbf),
    );
    const export_ = await app.database.prisma.auditEvent.findFirst({ where: { action: 'export.read' } });
    expect(export_?.subject).toBe('entries');
  });

  it('shows a key of one agent that agent alone, and an ingest key nothing', async () => {
    const token = 'read-token-of-another-agent';
    await call(app, 'POST', '/v1/keys', { scopes: ['read'], agent: 'other', token });
    expect(brief((await app.get('/v1/usage/entries', token)).body.data)).toEqual([['usage', 'a', '7']]);
    expect((await (await file('format=ndjson', token)).text()).split('\n')).toHaveLength(2);
    expect((await app.get('/v1/usage/entries?agent=default', token)).status).toBe(403);
    expect((await app.get('/v1/usage/entries', INGEST)).status).toBe(403);
  });

  it('names each parameter that it cannot use', async () => {
    for (const [query, field] of [
      ['format=xml', 'format'],
      ['bom=true', 'bom'],
      ['format=csv&limit=1', 'limit'],
      ['limit=201', 'limit'],
      ['agent=nobody', 'agent'],
      ['tz=Nonsense%2B5', 'tz'],
      ['colour=red', 'colour'],
    ]) {
      const { status, body: problem } = await app.get(`/v1/usage/entries?${query}`);
      expect([status, fieldsOf({ status, body: problem, headers: new Headers() })]).toEqual([400, [field]]);
    }
  });

  it('ends a file that breaks as a broken transfer, and frees the connections of readers who left', async () => {
    await app.database.pool.query(
      `insert into usage_entry (agent_id, message_id, revision, position, kind, conversation_id, message_type, delivery_id,
         occurred_at, recorded_at, reporters_gained, reporters_lost, total_credits)
       select 'other', 'a', n, n, 'correction', 'conversation', 'ANSWER', gen_random_uuid(), '2026-10-02Z', now(), 0, 0, 1
       from generate_series(2, 40000) as n`,
    );
    /** Asks for all entries and does something when the first of them come. */
    const begin = (format: string, then: (answer: IncomingMessage) => void) =>
      new Promise<string>((resolve) => {
        const headers = { authorization: `Bearer ${ADMIN}` };
        get(`${app.url}/v1/usage/entries?format=${format}`, { headers }, (answer) => {
          answer.once('data', () => then(answer));
          answer.on('end', () => resolve('ended cleanly'));
          answer.on('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? error.message));
          answer.on('close', () => resolve('closed'));
        });
      });
    // More readers than there are connections for downloads.
    for (let reader = 0; reader < 6; reader++) await begin('ndjson', (answer) => answer.destroy());
    const outcome = await begin('csv', async (answer) => {
      answer.pause();
      await app.database.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = 'convoledger downloads' and datname = current_database()`,
      );
      answer.resume();
    });
    expect(outcome).toBe('ECONNRESET');
    expect((await (await file('format=ndjson')).text()).split('\n')).toHaveLength(39_999 + 5 + 1);
  }, 30_000);
});
