import { parseArgs } from 'node:util';
import { reindexPage } from '../search/reindex.sql.js';
import { CannotRun, runCommand } from './open-database.js';
import { showProgress } from './progress.js';

/** Messages that are in memory at once. */
const PAGE = 200;

function readOptions(): { all: boolean } {
  try {
    const { values } = parseArgs({ options: { all: { type: 'boolean', default: false } } });
    return values;
  } catch (error) {
    throw new CannotRun(`${(error as Error).message}\nUsage: npm run reindex -- [--all]`);
  }
}

// `npm run reindex`: makes what messages are found by, of those that were stored before there was search, or with --all
// of every message, after a change of how texts are cut into words. May run beside the server.
await runCommand(async (client) => {
  const { all } = readOptions();
  const { rows } = await client.query<{ count: string }>(
    `select count(*) from message ${all ? '' : 'where search is null'}`,
  );
  const progress = showProgress('reindex', Number(rows[0]!.count));
  let done = 0;
  let after: { agent: string; id: string } | null = { agent: '', id: '' };
  while (after) {
    const page = await reindexPage(client, all, after, PAGE);
    done += page.messages;
    progress.advance(page.messages);
    after = page.last;
  }
  progress.stop();
  process.stdout.write(`Messages made searchable: ${done}.\n`);
  return 'good';
});
