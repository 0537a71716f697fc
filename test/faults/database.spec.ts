import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { DiskSpace } from '../../src/database/disk-space.js';
import { PartitionsService } from '../../src/database/partitions.service.js';
import { readAsDelivery } from '../../src/webhook/delivery.js';
import { WriterService } from '../../src/webhook/writer.service.js';
import { json, openClient, startTestApp, type TestApp } from '../harness.js';
import { type Proxy as DatabaseProxy, startProxy } from '../torture/proxy.mjs';

const message = (id: string, more: object = {}) => ({
  conversation_id: `conversation of ${id}`,
  message_id: id,
  create_time: 1_758_900_000,
  text: 'hello',
  ...more,
});

jest.setTimeout(30_000);

describe('a database that fails', () => {
  let app: TestApp;
  let proxy: DatabaseProxy;
  beforeAll(async () => {
    app = await startTestApp({}, async (url) => {
      proxy = await startProxy(url);
      return proxy.url;
    });
  });
  afterAll(async () => {
    await app.close();
    await proxy.close();
  });

  /** Asks the database beside the application, which knows nothing of it. */
  const beside = async (sql: string) => {
    const direct = await openClient(app.databaseUrl);
    try {
      await direct.query('set default_transaction_read_only = off');
      return (await direct.query(sql)).rows;
    } finally {
      await direct.end();
    }
  };
  const ready = async () => {
    const answer = await fetch(`${app.url}/health/ready`);
    return { status: answer.status, checks: (await json(answer)).checks };
  };
  /** Repeats until it is true; for what has to come right by itself. */
  const until = async (holds: () => Promise<boolean>) => {
    for (const end = Date.now() + 15_000; Date.now() < end; await sleep(50)) if (await holds()) return;
    throw new Error('It did not come right by itself within 15 s.');
  };
  const settles = () => until(async () => (await ready()).status === 200);
  const expectRefused = async (ask: () => Promise<Response>) => {
    const answer = await ask();
    await answer.text();
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  };

  it('loses the answer to a commit: the sender is told 503, and the same bytes again are a repeat', async () => {
    await app.send(message('before'));
    // Whose answer is that of the whole transaction.
    proxy.cutBeforeAnswer('stored_numbers');
    await expectRefused(() => app.send(message('unknown', { usage: { credits: { total_credits: 1 } } })));
    await settles();
    expect((await app.send(message('unknown', { usage: { credits: { total_credits: 1 } } }))).status).toBe(
      200,
    );
    const { data } = (await app.get('/v1/messages/unknown/deliveries')).body;
    expect(data.map((row: { outcome: string }) => row.outcome)).toEqual(['stored', 'repeated']);
  });

  it('loses the answer to the commit of a revision: the sender is told 503, and the same bytes again are a repeat', async () => {
    await app.send(message('to be revised'));
    proxy.cutBeforeAnswer('COMMIT');
    await expectRefused(() => app.send(message('to be revised', { text: 'otherwise' })));
    await settles();
    expect((await app.send(message('to be revised', { text: 'otherwise' }))).status).toBe(200);
    const { data } = (await app.get('/v1/messages/to%20be%20revised/deliveries')).body;
    expect(data.map((row: { outcome: string }) => row.outcome)).toEqual(['stored', 'revised', 'repeated']);
  });

  it('loses the answers to batches that follow each other: none of them is stored a second time', async () => {
    await app.send(message('of the first wave'));
    for (let round = 0; round < 5; round++) {
      proxy.cutBeforeAnswer('stored_numbers');
      const ids = Array.from({ length: 40 }, (_, n) => `wave ${round}-${n}`);
      const answers = await Promise.all(
        ids.map(async (id, n) => {
          // So that they come in several batches.
          await sleep(n);
          return app.send(message(id));
        }),
      );
      for (const { status } of answers) expect([200, 503]).toContain(status);
      await settles();
      for (const id of ids) expect((await app.send(message(id))).status).toBe(200);
    }
    expect(app.logged()).not.toContain('23505');
    expect((await app.get('/v1/quarantine')).body.data).toEqual([]);
  });

  it('ends all connections while deliveries come: each is answered 200 or 503, and each 200 is kept', async () => {
    const answers: [string, number][] = [];
    const senders = Array.from({ length: 8 }, async (_, sender) => {
      for (let n = 0; n < 40; n++) {
        const id = `cut ${sender}-${n}`;
        answers.push([id, (await app.send(message(id))).status]);
      }
    });
    for (let times = 0; times < 8; times++) {
      await sleep(20);
      if (times % 2 === 0) proxy.cut();
      else
        await beside(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
        );
    }
    await Promise.all(senders);
    expect(new Set(answers.map(([, status]) => status))).toEqual(new Set([200, 503]));
    const rows = await beside(`select id from message where id like 'cut %'`);
    const kept = new Set(rows.map(({ id }) => id));
    for (const [id, status] of answers) if (status === 200) expect(kept).toContain(id);
    await settles();
  });

  it('swallows every packet: all lanes answer 503 in time, and it goes on when the packets come through', async () => {
    expect((await app.send(message('seen'))).status).toBe(200);
    proxy.swallow(true);
    for (let round = 0; round < 2; round++) {
      await Promise.all([
        ...Array.from({ length: 5 }, (_, n) => expectRefused(() => app.send(message(`swallowed ${n}`)))),
        expectRefused(() =>
          fetch(`${app.url}/v1/messages/seen`, {
            headers: { authorization: 'Bearer admin-token-of-the-tests' },
          }),
        ),
      ]);
    }
    const { status, checks } = await ready();
    expect([status, checks.database]).toEqual([503, 'The database cannot be reached.']);
    expect((await fetch(`${app.url}/health/live`)).status).toBe(200);
    proxy.swallow(false);
    await settles();
    expect((await app.send(message('seen'))).status).toBe(200);
  });

  it('accepts connections and no writes: readiness says so', async () => {
    const [{ name }] = await beside('select current_database() as name');
    await beside(`alter database ${name} set default_transaction_read_only = on`);
    proxy.cut();
    await until(async () => (await ready()).checks.writable === 'The database accepts no writes.');
    expect((await ready()).checks.writer).toMatch(/Nothing can be stored/);
    await expectRefused(() => app.send(message('read only')));
    await beside(`alter database ${name} reset default_transaction_read_only`);
    proxy.cut();
    await settles();
  });

  it('is kept busy by somebody who has the lock of the writers: readiness sees the stuck writer', async () => {
    const holder = await openClient(app.databaseUrl);
    await holder.query('select pg_advisory_lock(4270001)');
    await expectRefused(() => app.send(message('stuck')));
    await until(async () => (await ready()).checks.writer !== 'ok');
    expect((await ready()).status).toBe(503);
    await holder.end();
    await settles();
    expect((await app.send(message('stuck'))).status).toBe(200);
  });

  it('lets nobody keep the lock whose host vanished while it sent a batch', async () => {
    const [{ version }] = await beside(`select current_setting('server_version_num')::integer as version`);
    await app.send(message('before the host vanished'));
    proxy.freezeBehind('take-lock');
    const audio = 'a'.repeat(500_000);
    await expectRefused(() =>
      app.send(message('half', { output: [{ content: { text: '', audio: [{ audio }] } }] })),
    );
    const isFree = async () => (await beside('select pg_try_advisory_lock(4270001) as free'))[0].free;
    expect(await isFree()).toBe(false);
    // Older ones have no time-out that runs while half of a message is there.
    if (version < 170_000)
      await beside(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'convoledger writer'`,
      );
    await until(isFree);
    await settles();
    expect((await app.send(message('half'))).status).toBe(200);
  });

  it('misses the partition of the next month: readiness says so, and the daily round makes it', async () => {
    const [{ name }] = await beside(
      `select 'delivery_' || to_char(now() at time zone 'UTC' + interval '1 month', 'YYYY_MM') as name`,
    );
    await beside(`drop table ${name}`);
    await until(async () => /partition/.test((await ready()).checks.partitions));
    await app.app.get(PartitionsService).makeAhead();
    await settles();
  });

  it('has no room left: deliveries are refused before the disk is full', async () => {
    const disk = app.app.get(DiskSpace);
    disk.leastBytes = Number.MAX_SAFE_INTEGER;
    await disk.look();
    await expectRefused(() => app.send(message('no space')));
    await until(async () => /disk space/.test((await ready()).checks.disk));
    disk.leastBytes = 1;
    await disk.look();
    expect((await app.send(message('no space'))).status).toBe(200);
    await settles();
  });
});

describe('a delivery that the database will not take', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
    await app.database.pool.query(`
      create function poison() returns trigger language plpgsql as $$
      begin
        if new.text = 'poison' then raise exception 'not this one' using errcode = 'XX001'; end if;
        return new;
      end $$;
      create trigger poison before insert on message for each row execute function poison()`);
  });
  afterAll(() => app.close());

  it('fails alone among those that came with it, and waits in quarantine once', async () => {
    const texts = Array.from({ length: 12 }, (_, n) => (n % 6 === 4 ? 'poison' : 'fine'));
    const send = () => Promise.all(texts.map((text, n) => app.send(message(`m${n}`, { text }))));
    for (let round = 0; round < 2; round++) {
      const answers = await send();
      for (const [n, { status }] of answers.entries()) expect(status).toBe(texts[n] === 'poison' ? 503 : 200);
    }
    expect(await app.database.prisma.message.count()).toBe(10);
    const { data } = (await app.get('/v1/quarantine')).body;
    expect(data).toHaveLength(2);
    expect(data[0].problems[0].problem).toContain('XX001');
    await app.database.pool.query('drop trigger poison on message');
    const answer = await fetch(`${app.url}/v1/quarantine/replay`, {
      method: 'POST',
      headers: { authorization: 'Bearer admin-token-of-the-tests' },
    });
    expect(await json(answer)).toMatchObject({ replayed: 2, stored: 2, waiting: 0 });
  });
});

describe('more bytes than can wait', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  it('are told 503 at once, and what comes later is stored', async () => {
    expect((await app.send(message('first'))).status).toBe(200);
    const holder = await openClient(app.databaseUrl);
    await holder.query('select pg_advisory_lock(4270001)');
    const writer = app.app.get(WriterService);
    const key = { id: '019a0000-0000-7000-8000-000000000000', label: '', scopes: [], agentId: 'default' };
    const store = (id: string, bytes: number) =>
      writer.store({
        ...readAsDelivery(Buffer.from(JSON.stringify(message(id))), new Date(), key)!,
        body: Buffer.alloc(bytes),
      });
    // Handed to the writer itself: sending and reading 128 MiB takes a busy machine longer than anything may wait. One is
    // in hand, two fill the line to its last byte.
    const waiting = Promise.allSettled([
      store('in hand', 1),
      ...['a', 'b'].map((id) => store(id, 64 * 1024 * 1024)),
    ]);
    const refused = await app.send(message('too much'));
    expect([refused.status, refused.headers.get('retry-after'), (await json(refused)).msg]).toEqual([
      503,
      '1',
      expect.stringMatching(/^Too many deliveries are waiting to be stored\. /),
    ]);
    for (const one of await waiting)
      expect(one).toMatchObject({
        status: 'rejected',
        reason: { detail: expect.stringContaining('in time') },
      });
    await holder.end();
    for (const end = Date.now() + 10_000; (await app.send(message('small'))).status !== 200; )
      if (Date.now() > end) throw new Error('Nothing is stored any more.');
  });
});
