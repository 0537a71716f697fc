import { get } from 'node:http';
import { ADMIN } from '../../harness.js';
import { type Archive, openArchive } from './archive.js';

const HEADER =
  'messages,messages_with_usage,total_tokens,prompt_tokens,completion_tokens,prompt_text_tokens,prompt_audio_tokens,' +
  'completion_text_tokens,completion_audio_tokens,completion_reasoning_tokens,total_credits,text_input_credits,' +
  'text_output_credits,audio_input_credits,audio_output_credits,currency,cost';
const WHEN = Date.parse('2026-10-10T10:00:00Z') / 1000;
const MONTH = 'period=2026-10&bucket=none&format=csv';
const BOUNDS = '2026-10-01T00:00:00.000+00:00,2026-11-01T00:00:00.000+00:00';

describe('the CSV of usage', () => {
  let archive: Archive;
  beforeAll(async () => {
    archive = await openArchive(['a', '-b']);
  });
  beforeEach(() => archive.empty());
  afterAll(() => archive.app.close());

  const send = (agent: string, conversation_id: string, message_id: string, usage?: object) =>
    archive.deliver(agent, { conversation_id, message_id, create_time: WHEN, usage });
  /** So many conversations of a message each, by the short way. */
  const fill = (conversations: number) =>
    archive.app.database.pool.query(
      `with c as (
         insert into conversation (agent_id, id, first_message_at, last_message_at, messages)
         select 'a', 'conversation ' || n, '2026-10-10Z', '2026-10-10Z', 1 from generate_series(1, $1::int) n
         returning agent_id, id
       )
       insert into message (agent_id, id, conversation_id, message_type, create_time, received_at, recorded_at, delivery_id)
       select agent_id, id, id, 'ANSWER', '2026-10-10Z', '2026-10-10Z', '2026-10-10Z', gen_random_uuid() from c`,
      [conversations],
    );

  it('has the columns of the contract, CRLF, and nothing where nothing is known', async () => {
    await send('a', 'c', '1', { tokens: { prompt_tokens: 0 }, credits: { total_credits: '0.10' } });
    await archive.price('a', '2026-01-01', 'USD', '0.5');
    expect(await archive.askCsv(MONTH)).toBe(
      `start,end,${HEADER}\r\n${BOUNDS},1,1,,0,,,,,,,0.1,,,,,USD,0.05\r\n`,
    );
    expect(await archive.askCsv('from=2026-10-08&to=2026-10-10&format=csv&tz=Asia/Kathmandu')).toBe(
      [
        `start,end,${HEADER}`,
        `2026-10-08T00:00:00.000+05:45,2026-10-09T00:00:00.000+05:45,0,0${','.repeat(15)}`,
        `2026-10-09T00:00:00.000+05:45,2026-10-10T00:00:00.000+05:45,0,0${','.repeat(15)}`,
        '',
      ].join('\r\n'),
    );
  });

  it('gives a second currency a line of its own, with the figures empty', async () => {
    await send('a', 'c', '1', { credits: { total_credits: '3' } });
    await send('-b', 'c', '1', { credits: { total_credits: '2' } });
    await archive.price('a', '2026-01-01', 'USD', '0.5');
    await archive.price('-b', '2026-01-01', 'EUR', '0.1');
    const [, first, second] = (await archive.askCsv(`${MONTH}&group_by=message_type`)).split('\r\n');
    expect(first).toBe(`${BOUNDS},ANSWER,2,2,,,,,,,,,5,,,,,EUR,0.2`);
    expect(second).toBe(`${BOUNDS},ANSWER,,,,,,,,,,,,,,,,USD,1.5`);
  });

  it('lets no text become a formula, and no text break a line', async () => {
    const ids = ['=1+1', '+1', '-1', '@x', '\tx', '\rx', 'a,b', 'a"b', 'a\nb', 'a\rb', "'x", '\u00e4'];
    for (const [index, id] of ids.entries()) await send('a', id, `${index}`);
    await send('-b', 'c', '1');
    const csv = await archive.askCsv(`${MONTH}&group_by=conversation`);
    const cells = [
      "'=1+1",
      "'+1",
      "'-1",
      "'@x",
      "'\tx",
      '"\'\rx"',
      '"a,b"',
      '"a""b"',
      '"a\nb"',
      '"a\rb"',
      "'x",
      '\u00e4',
    ];
    for (const cell of cells) expect(csv).toContain(`${BOUNDS},a,${cell},1,0,`);
    expect(csv).toContain(`${BOUNDS},'-b,c,1,0,`);
    expect(csv.endsWith('\r\n')).toBe(true);
  });

  it('is a file of its own name, and has a mark only where one is wanted', async () => {
    const ask = (more: string) =>
      fetch(`${archive.app.url}/v1/usage?${MONTH}${more}`, { headers: { authorization: `Bearer ${ADMIN}` } });
    const answer = await ask('');
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe(
      'attachment; filename="usage_all_2026-10-01_2026-11-01_UTC.csv"',
    );
    const bytes = async (more: string) => Buffer.from(await (await ask(more)).arrayBuffer());
    expect((await bytes('&bom=false')).subarray(0, 5).toString()).toBe('start');
    expect((await bytes('&bom=true')).subarray(0, 8).toString('latin1')).toBe('\u00ef\u00bb\u00bfstart');
  });

  it('is noted as an export', async () => {
    await archive.askCsv(MONTH);
    const [event] = await archive.app.database.prisma.auditEvent.findMany({
      orderBy: { id: 'desc' },
      take: 1,
    });
    expect(event).toMatchObject({ action: 'export.read', subject: 'usage' });
  });

  it('streams forty thousand rows, each once', async () => {
    await fill(40_000);
    const lines = (await archive.askCsv(`${MONTH}&group_by=conversation`)).split('\r\n');
    expect(lines.length).toBe(40_002);
    expect(new Set(lines).size).toBe(40_002);
    expect(lines.slice(1, -1)).toEqual([...lines.slice(1, -1)].sort());
  }, 60_000);

  it('is answered 503 where the database goes away before the first rows', async () => {
    const { pool } = archive.app.database;
    const holder = await pool.connect();
    await holder.query('begin; lock table usage_bucket, usage_entry in access exclusive mode');
    try {
      const headers = { authorization: `Bearer ${ADMIN}` };
      const answer = fetch(`${archive.app.url}/v1/usage?period=2026-10&format=csv`, { headers });
      for (let ended: number | null = 0; !ended; ) {
        const { rowCount } = await pool.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where application_name = 'convoledger downloads' and datname = current_database()
             and wait_event_type = 'Lock'`,
        );
        ended = rowCount;
      }
      const { status, headers: answered } = await answer;
      expect([status, answered.get('content-type')]).toEqual([
        503,
        expect.stringMatching(/^application\/problem\+json/),
      ]);
    } finally {
      await holder.query('rollback');
      holder.release();
    }
  });

  it('that breaks in the middle ends as a broken transfer', async () => {
    await fill(60_000);
    const outcome = await new Promise<string>((resolve) => {
      const headers = { authorization: `Bearer ${ADMIN}` };
      get(`${archive.app.url}/v1/usage?${MONTH}&group_by=conversation`, { headers }, (answer) => {
        expect(answer.statusCode).toBe(200);
        answer.once('data', async () => {
          answer.pause();
          await archive.app.database.pool.query(
            `select pg_terminate_backend(pid) from pg_stat_activity
             where application_name = 'convoledger downloads' and datname = current_database()`,
          );
          answer.resume();
        });
        answer.on('end', () => resolve('ended cleanly'));
        answer.on('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? error.message));
      });
    });
    expect(outcome).toBe('ECONNRESET');
  }, 60_000);

  it('whose reader went away gives its connection back', async () => {
    await fill(20_000);
    const url = `${archive.app.url}/v1/usage?${MONTH}&group_by=conversation`;
    const headers = { authorization: `Bearer ${ADMIN}` };
    // More of them than there are connections for downloads.
    for (let n = 0; n < 6; n++) {
      await new Promise<void>((resolve) => {
        get(url, { headers }, (answer) => {
          answer.once('data', () => answer.destroy());
          answer.once('close', resolve);
        });
      });
    }
    expect((await archive.askCsv(MONTH)).split('\r\n')[1]).toContain(BOUNDS);
  }, 60_000);
});
