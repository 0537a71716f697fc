import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from '../../../src/app.js';
import { readConfig } from '../../../src/config.js';
import { DatabaseService } from '../../../src/database/database.service.js';
import { prepareDatabase } from '../../../src/database/prepare.js';
import { createLogger } from '../../../src/logging.js';
import { ADMIN, cloneDatabase, INGEST, type Json } from '../../harness.js';

const SENDERS = 8;
const EACH = 60;

/** A process of its own would do the same: all it shares with the others is the database. */
async function startOn(databaseUrl: string): Promise<{ url: string; close: () => Promise<void> }> {
  const config = readConfig({ INGEST_TOKEN: INGEST, ADMIN_TOKEN: ADMIN });
  const logger = createLogger('silent', { write: () => {} });
  const app = await createApp(config, databaseUrl, logger);
  await app.listen(0, '127.0.0.1');
  await prepareDatabase(app.get(DatabaseService), config, logger, new AbortController().signal);
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => app.close() };
}

describe('following the changes', () => {
  it('shows each once, in order, under eight senders and two servers that are restarted at random', async () => {
    const database = await cloneDatabase();
    const servers = [await startOn(database.url), await startOn(database.url)];
    const any = () => servers[Math.floor(Math.random() * servers.length)]!.url;
    let sending = true;

    const send = async (sender: number, n: number): Promise<void> => {
      // Every third body revises the message before it.
      const body = {
        conversation_id: `c${sender}`,
        message_id: `m${sender}-${n - (n % 3 === 2 ? 1 : 0)}`,
        create_time: 1_758_900_000,
        text: `${n}`,
      };
      for (;;) {
        const headers = {
          authorization: `Bearer ${INGEST}`,
          'content-type': 'application/json',
          connection: 'close',
        };
        const answer = await fetch(`${any()}/webhook`, {
          method: 'POST',
          headers,
          body: JSON.stringify(body),
        }).catch(() => null);
        if (answer?.status === 200) return;
        await sleep(20);
      }
    };
    const sendAll = async (sender: number): Promise<void> => {
      for (let n = 0; n < EACH; n += 1) await send(sender, n);
    };
    const restart = async (): Promise<void> => {
      for (let n = 0; sending; n += 1) {
        await sleep(100 + Math.random() * 300);
        const old = servers[n % 2]!;
        servers[n % 2] = await startOn(database.url);
        await old.close();
      }
    };
    const read: Json[] = [];
    const follow = async (): Promise<void> => {
      let cursor: string | undefined;
      for (let quiet = 0; quiet < 2; ) {
        const parameters = new URLSearchParams({ limit: '7', wait: '1', ...(cursor ? { cursor } : {}) });
        const headers = { authorization: `Bearer ${ADMIN}`, connection: 'close' };
        const answer = await fetch(`${any()}/v1/changes?${parameters}`, { headers }).catch(() => null);
        const page = answer?.ok ? ((await answer.json().catch(() => null)) as Json) : null;
        if (page === null) continue;
        read.push(...page.data);
        cursor = page.next_cursor;
        quiet = sending || page.data.length > 0 ? 0 : quiet + 1;
      }
    };

    const following = follow();
    const restarting = restart();
    await Promise.all(Array.from({ length: SENDERS }, (_, sender) => sendAll(sender)));
    sending = false;
    await Promise.all([following, restarting]);

    expect(read.map(({ position }) => position)).toEqual(
      Array.from({ length: SENDERS * EACH }, (_, n) => n + 1),
    );
    expect(read.filter(({ kind }) => kind === 'revised')).toHaveLength((SENDERS * EACH) / 3);
    const names = read.map(({ kind, message }) => `${kind} ${message.message_id}`);
    expect(new Set(names).size).toBe(names.length);
    await Promise.all(servers.map((server) => server.close()));
    await database.drop();
  }, 60_000);
});
