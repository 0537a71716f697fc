import { parseArgs } from 'node:util';
import { Problem } from '../errors/problem.js';
import { readListRange } from '../query/time/range.js';
import { rereadMessages, reviseMessages } from '../webhook/apply-reread.js';
import { countMessages, messageIds } from '../webhook/reread.sql.js';
import { CannotRun, runCommand } from './open-database.js';
import { showProgress } from './progress.js';

/** Messages that are in memory at once; a body has up to BODY_LIMIT bytes. */
const PAGE = 50;

interface Options {
  agent: string | null;
  from: string | undefined;
  apply: boolean;
}

function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: { agent: { type: 'string' }, from: { type: 'string' }, apply: { type: 'boolean' } },
    });
    return { agent: values.agent ?? null, from: values.from, apply: values.apply ?? false };
  } catch (error) {
    throw new CannotRun(
      `${(error as Error).message}\nUsage: npm run reread -- [--agent ID] [--from DATE] [--apply]`,
    );
  }
}

function readFrom(from: string | undefined, tz: string): Date | null {
  try {
    return readListRange({ from }, tz).from;
  } catch (error) {
    throw error instanceof Problem ? new CannotRun(`--${error.detail}`) : error;
  }
}

// `npm run reread`: puts every body that was kept through today's reading. Says what would become another message,
// and with --apply revises it; may run beside the server.
await runCommand(async (client, { reportTz }) => {
  const { agent, from, apply } = readOptions();
  const scope = { agent, from: readFrom(from, reportTz) };
  const known = await client.query('select from agent where $1::text is null or id = $1', [agent]);
  if (known.rowCount === 0) throw new CannotRun('--agent must be the id of an agent of this instance.');

  const total = await countMessages(client, scope);
  const progress = showProgress('reread', total);
  const counts = { same: 0, erased: 0, unreadable: 0, differs: 0 };
  for await (const page of messageIds(client, scope, PAGE)) {
    const rereadings = await rereadMessages(client, page.agent, page.ids);
    for (const { id, rereading } of rereadings) {
      counts[rereading.kind] += 1;
      const name = `${page.agent} ${id}`;
      if (rereading.kind === 'differs') process.stdout.write(`${name}: ${rereading.changes.join('; ')}\n`);
      if (rereading.kind === 'unreadable') process.stdout.write(`${name}: a body ${rereading.problem}\n`);
    }
    const differing = rereadings.filter(({ rereading }) => rereading.kind === 'differs').map(({ id }) => id);
    if (apply && differing.length > 0) await reviseMessages(client, page.agent, differing);
    progress.advance(page.ids.length);
  }
  progress.stop();
  const verb = apply ? 'revised' : 'to be revised (with --apply)';
  process.stdout.write(
    `Messages read again: ${total}; ${verb}: ${counts.differs}; not readable today and left alone: ${counts.unreadable}; erased: ${counts.erased}.\n`,
  );
  return 'good';
});
