import { stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { DatabaseService } from '../database/database.service.js';
import { DiskSpace } from '../database/disk-space.js';
import { createLogger } from '../logging.js';
import { Metrics } from '../metrics/metrics.js';
import { importLines } from '../webhook/import/import-bodies.js';
import { WriterService } from '../webhook/writer.service.js';
import { linesOf } from './file-lines.js';
import { CannotRun, runCommand } from './open-database.js';
import { showProgress } from './progress.js';

const USAGE = 'Usage: npm run import -- FILE.ndjson [--agent ID]';

function readOptions(): { file: string; agent: string } {
  try {
    const { values, positionals } = parseArgs({
      options: { agent: { type: 'string', default: 'default' } },
      allowPositionals: true,
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new Error('Name one file.');
    if (!/^[a-z0-9-]{1,64}$/.test(values.agent))
      throw new Error('--agent must be 1 to 64 of a–z, 0–9 and -.');
    return { file, agent: values.agent };
  } catch (error) {
    throw new CannotRun(`${(error as Error).message}\n${USAGE}`);
  }
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => null);
  if (!found?.isFile()) throw new CannotRun(`${file} is not a file that can be read.`);
  return found.size;
}

// `npm run import`: stores the bodies of a file, one a line, as an export of deliveries has them or as a sender would
// send them. May run beside the server, and again: what is here already is left alone.
await runCommand(async (client, config, url) => {
  const { file, agent } = readOptions();
  const progress = showProgress('import', await sizeOf(file));
  const logger = createLogger('error');
  const database = new DatabaseService(url, logger);
  database.prepared = true;
  const writer = new WriterService(
    database,
    new DiskSpace(config.databaseUrl === null ? config.dataDir : null),
    logger,
    new Metrics(),
  );
  let unreadable = 0;
  const counts = await importLines(linesOf(file), {
    client,
    writer,
    agent,
    advance: progress.advance,
    complain: (line, problem) => {
      unreadable += 1;
      process.stderr.write(`Line ${line} was left out: ${problem}.\n`);
    },
  });
  progress.stop();
  await client.query(`insert into audit_event (action, subject, details) values ('import.run', $1, $2)`, [
    file,
    JSON.stringify(counts),
  ]);
  process.stdout.write(
    `Stored: ${counts.stored}; revised: ${counts.revised}; repeated: ${counts.repeated}; refused, now in quarantine: ${counts.refused}; here already: ${counts.alreadyHere}; probes: ${counts.probes}; without bytes, since erased: ${counts.erased}; dismissed before: ${counts.dismissed}; left out: ${unreadable}.\n`,
  );
  await writer.onApplicationShutdown();
  await database.onApplicationShutdown();
  return unreadable === 0 ? 'good' : 'bad';
});
