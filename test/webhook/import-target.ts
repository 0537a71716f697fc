import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ADMIN, cloneDatabase, openClient, startTestApp } from '../harness.js';
import { runCommandProcess } from '../operation/run-command.js';
import { addAgent, send } from '../query/history/archive.js';

const CREATED = 1_758_900_000;

export const MARK = '\uFEFF';

export const body = (id: string, more: object = {}) =>
  JSON.stringify({ conversation_id: 'c', message_id: id, create_time: CREATED, text: 'Grüße', ...more });

/** An instance to export from: four messages of two agents, one of them revised. */
export async function startSource() {
  const app = await startTestApp();
  await addAgent(app, 'second');
  for (const id of ['one', 'two', 'three']) await app.send(body(id));
  await app.send(body('one', { text: 'revised', usage: { credits: { total_credits: '0.1' } } }));
  await send(app, 'second', body('one'));
  const ask = async (path: string): Promise<string> =>
    (await fetch(app.url + path, { headers: { authorization: `Bearer ${ADMIN}` } })).text();
  return {
    databaseUrl: app.databaseUrl,
    ask,
    exportOf: (kind: string, parameters = '') => ask(`/v1/export?kind=${kind}${parameters}`),
    close: () => app.close(),
  };
}
export type Source = Awaited<ReturnType<typeof startSource>>;

/** A folder of files to import. */
export function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'convoledger-import-'));
  return {
    path: (name: string) => join(folder, name),
    write: (content: string | Buffer, name = 'file'): string => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** An instance to import into. */
export async function makeTarget() {
  const { url, drop } = await cloneDatabase();
  const client = await openClient(url);
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await runCommandProcess('import', args, { DATABASE_URL: url });
    return { code, stdout: stdout.toString(), stderr };
  };
  return {
    url,
    client,
    run,
    /** The rows of each table that an import may write to. */
    rows: async () =>
      (
        await client.query(
          `select (select count(*)::int from delivery) as deliveries, (select count(*)::int from message) as messages,
             (select count(*)::int from api_key) as keys, (select count(*)::int from agent) as agents,
             (select count(*)::int from audit_event) as audits`,
        )
      ).rows[0],
    bodies: async () =>
      (await client.query('select body from delivery order by id')).rows.map(({ body }) => String(body)),
    drop: async () => {
      await client.end();
      await drop();
    },
  };
}
export type Target = Awaited<ReturnType<typeof makeTarget>>;
