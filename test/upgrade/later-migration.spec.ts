import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type EmptyDatabase, emptyDatabase, FIXTURES, onClient, readKept, runCommand } from './kept.js';

/** What later versions may do: a new column, a wider CHECK, a data migration that reads what is there, a new table. */
const LATER = `
alter table api_key add column note text not null default 'none';
alter table api_key drop constraint if exists api_key_scopes_check,
  add constraint api_key_scopes_check check (scopes <@ array['ingest', 'read', 'finance', 'admin', 'later'] and cardinality(scopes) > 0);
alter table message add column origin text not null default 'webhook';
create table later (agent_id text collate "C" primary key references agent, messages bigint not null);
insert into later select agent_id, count(*) from message group by 1;
update agent set name = name || ' (later)';`;

describe('a version with later migrations', () => {
  let project: string;
  const databases: EmptyDatabase[] = [];
  beforeAll(async () => {
    // The program finds its migrations beside itself.
    project = await mkdtemp(join(tmpdir(), 'convoledger-later-'));
    for (const part of ['dist', 'prisma', 'package.json'])
      await cp(part, join(project, part), { recursive: true });
    await symlink(resolve('node_modules'), join(project, 'node_modules'));
    const folder = join(project, 'prisma/migrations/29990101000000_later');
    await mkdir(folder);
    await writeFile(join(folder, 'migration.sql'), LATER);
  });
  afterAll(async () => {
    for (const { drop } of databases) await drop();
    await rm(project, { recursive: true, force: true });
  });

  const open = async () => {
    const made = await emptyDatabase();
    databases.push(made);
    return made.url;
  };
  const look = (url: string) =>
    onClient(url, async (client) => {
      const { rows } = await client.query(
        `select (select json_object_agg(agent_id, messages) from later) as counted, (select count(*)::int from message) as messages,
           (select count(*)::int from message where origin = 'webhook') as of_webhook, (select count(*)::int from api_key where note = 'none') as keys,
           (select name from agent where id = 'sales') as name, (select last_audit_event::int from earlier_sessions) as last_event,
           (select max(id)::int from audit_event) as last_line,
           (select json_agg(encode(sha256, 'hex') order by closed_at) from statement) as sums`,
      );
      return rows[0];
    });

  it('restores a backup of version 0.1, migrates what it brought, and backs that up in turn', async () => {
    const first = await open();
    const restored = await runCommand(first, 'restore', [`${FIXTURES}utc.backup.gz`], project);
    expect(restored).toMatchObject({ code: 0 });
    const { keys, statements } = readKept('utc');
    const found = await look(first);
    expect(found).toMatchObject({
      of_webhook: found.messages,
      keys: keys.length + 2,
      // The data migration ran after the rows came, and once.
      name: 'Sales (later)',
      last_event: found.last_line,
      sums: statements.map(({ sha256 }: { sha256: string }) => sha256),
    });
    expect(found.messages).toBeGreaterThan(30);
    expect(found.counted.default + found.counted.sales).toBe(found.messages);
    expect(await runCommand(first, 'verify', [], project)).toMatchObject({ code: 0 });

    const file = join(project, 'later.backup');
    expect(await runCommand(first, 'backup', [file], project)).toMatchObject({ code: 0 });
    const second = await open();
    expect(await runCommand(second, 'restore', [file], project)).toMatchObject({ code: 0 });
    expect(await look(second)).toEqual(found);
    // This version knows neither the column nor the table.
    const third = await runCommand(await open(), 'restore', [file]);
    expect(third).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('This backup was made by a newer Convoledger.'),
    });
  }, 60_000);
});
