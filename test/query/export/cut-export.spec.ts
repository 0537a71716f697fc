import { get } from 'node:http';
import { ADMIN, type Json, startTestApp, type TestApp } from '../../harness.js';

const MESSAGES = 20_000;

describe('an export that is cut in the middle', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
    const at = `timestamptz '2025-03-01Z' + interval '1 minute' * n`;
    await app.database.pool.query(`
      insert into conversation (agent_id, id, first_message_at, last_message_at, messages)
      select 'default', 'c', min(at), max(at), count(*) from (select ${at} as at from generate_series(1, ${MESSAGES}) n) as m`);
    await app.database.pool.query(`
      insert into message (agent_id, id, conversation_id, message_type, create_time, received_at, recorded_at, delivery_id, text, search)
      select 'default', 'm' || n, 'c', 'ANSWER', ${at}, ${at}, ${at}, '00000000-0000-7000-8000-000000000000',
        repeat('two kilobytes ', 150), ''
      from generate_series(1, ${MESSAGES}) n`);
  }, 60_000);
  afterAll(() => app.close());

  /** Reads an export, and at its first bytes ends the connection that it is read from, or does not. */
  const read = (query: string, cut: boolean) =>
    new Promise<{ outcome: string; text: string }>((resolve) => {
      const headers = { authorization: `Bearer ${ADMIN}` };
      let text = '';
      get(`${app.url}/v1/export?kind=messages&${query}`, { headers }, (answer) => {
        answer.once('data', async () => {
          if (!cut) return;
          answer.pause();
          await app.database.pool.query(
            `select pg_terminate_backend(pid) from pg_stat_activity
             where application_name = 'convoledger downloads' and datname = current_database()`,
          );
          answer.resume();
        });
        answer.on('data', (chunk) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ outcome: 'ended cleanly', text }));
        answer.on('error', (error) =>
          resolve({ outcome: (error as NodeJS.ErrnoException).code ?? '', text }),
        );
      });
    });

  it('ends as a broken transfer, and goes on after the last whole row without losing or doubling one', async () => {
    const broken = await read('format=ndjson', true);
    expect(broken.outcome).toBe('ECONNRESET');
    const whole = broken.text.slice(0, broken.text.lastIndexOf('\n')).split('\n');
    const ids = whole.map((line) => (JSON.parse(line) as Json).message_id);
    expect(ids.length).toBeGreaterThan(0);
    expect(ids.length).toBeLessThan(MESSAGES);
    const rest = await read(`format=ndjson&cursor=${encodeURIComponent(`default/${ids.at(-1)}`)}`, false);
    expect(rest.outcome).toBe('ended cleanly');
    for (const line of rest.text.trimEnd().split('\n')) ids.push((JSON.parse(line) as Json).message_id);
    expect(ids).toEqual(Array.from({ length: MESSAGES }, (_, n) => `m${n + 1}`));
  }, 60_000);
});
