import { open } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type pg from 'pg';
import { AGENT_ID } from '../agents/agents.dto.js';
import { MAX_BODY_LIMIT } from '../config.js';
import { DatabaseService } from '../database/database.service.js';
import { DiskSpace } from '../database/disk-space.js';
import { createLogger } from '../logging.js';
import { Metrics } from '../metrics/metrics.js';
import {
  type FileKind,
  HEAD_BYTES,
  isBlank,
  judgeFirstLine,
  lineContent,
  refusalOf,
} from '../webhook/import/file-kind.js';
import { importLines } from '../webhook/import/import-bodies.js';
import { makeAgent } from '../webhook/import/import-keys.js';
import { WriterService } from '../webhook/writer.service.js';
import { linesOf } from './file-lines.js';
import { CannotRun, runCommand } from './open-database.js';
import { showProgress } from './progress.js';

const USAGE = `Usage: npm run import -- FILE [--agent ID [--create-agent]]
FILE is an export of deliveries (kind=deliveries, format=ndjson), or has bodies as a sender sends them, one a line.`;

/** In an export the largest body that the webhook can be set to take has six bytes a byte at most: \\u0001. */
const MAX_LINE_BYTES = 6 * MAX_BODY_LIMIT + 64 * 1024;

/** The agent that is always there. */
const DEFAULT_AGENT = 'default';

interface Options {
  file: string;
  /** Undefined where it was not given. */
  agent: string | undefined;
  isToBeCreated: boolean;
}

function readOptions(): Options {
  try {
    const { values, positionals } = parseArgs({
      options: { agent: { type: 'string' }, 'create-agent': { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const [file, ...more] = positionals;
    const { agent, 'create-agent': isToBeCreated } = values;
    if (file === undefined || more.length > 0) throw new Error('Name one file.');
    if (agent !== undefined && !AGENT_ID.test(agent))
      throw new Error('--agent must be 1 to 64 of a–z, 0–9 and -.');
    if (isToBeCreated && agent === undefined) throw new Error('--create-agent needs --agent.');
    return { file, agent, isToBeCreated };
  } catch (error) {
    throw new CannotRun(`${(error as Error).message}\n${USAGE}`);
  }
}

/** @throws CannotRun for what is no file, or none that can be read */
async function readHead(file: string): Promise<{ head: Buffer; size: number }> {
  const cannot = (why: string) => new CannotRun(`Nothing was imported: ${file} ${why}.`);
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    throw cannot(error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error.code})`);
  });
  try {
    const found = await handle.stat();
    if (found.isDirectory()) throw cannot('is a folder; name one file');
    if (!found.isFile()) throw cannot('is no regular file; save what it gives in one, and import that');
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return { head: buffer.subarray(0, bytesRead), size: found.size };
  } finally {
    await handle.close();
  }
}

/** @throws CannotRun for a file that cannot be imported, with a sentence that says what it is */
async function readKind(file: string, head: Buffer): Promise<FileKind> {
  const refuse = (refusal: string): never => {
    throw new CannotRun(`Nothing was imported: ${file} ${refusal}.`);
  };
  const refusal = refusalOf(head);
  if (refusal !== null) return refuse(refusal);
  for await (const { bytes, isEnded } of linesOf(file, MAX_LINE_BYTES)) {
    const content = bytes && lineContent(bytes);
    if (content && isBlank(content)) continue;
    const judged = judgeFirstLine(content, isEnded);
    return 'kind' in judged ? judged.kind : refuse(judged.refusal);
  }
  return refuse('is empty, so there is nothing to import');
}

/** @throws CannotRun for an agent that is not here, unless it is to be made */
async function refuseUnknown(client: pg.Client, { agent, isToBeCreated }: Options): Promise<void> {
  if (agent === undefined || agent === DEFAULT_AGENT || isToBeCreated) return;
  const { rowCount } = await client.query('select from agent where id = $1', [agent]);
  if (rowCount === 0)
    throw new CannotRun(
      `Nothing was imported: there is no agent ${agent}; correct the id, or add --create-agent to make it.`,
    );
}

// `npm run import`: stores the bodies of a file, one a line, as an export of deliveries has them or as a sender would
// send them. May run beside the server, and again: what is here already is left alone.
await runCommand(async (client, config, url) => {
  const options = readOptions();
  const { file, agent = DEFAULT_AGENT } = options;
  const { head, size } = await readHead(file);
  const kind = await readKind(file, head);
  await refuseUnknown(client, options);
  const madeAgents = options.isToBeCreated && (await makeAgent(client, agent)) ? [agent] : [];
  if (kind === 'deliveries' && options.agent !== undefined)
    process.stdout.write('Each line of an export names its agent, so --agent is not used.\n');

  const progress = showProgress('import', size);
  const logger = createLogger('error');
  const database = new DatabaseService(url, logger);
  database.prepared = true;
  const writer = new WriterService(
    database,
    new DiskSpace(config.databaseUrl === null ? config.dataDir : null),
    logger,
    new Metrics(),
  );
  const { counts, ...imported } = await importLines(linesOf(file, MAX_LINE_BYTES), {
    client,
    writer,
    kind,
    agent,
    advance: progress.advance,
    complain: (line, problem) => process.stderr.write(`Line ${line} was left out: ${problem}.\n`),
  });
  progress.stop();
  madeAgents.push(...imported.madeAgents);
  await client.query(`insert into audit_event (action, subject, details) values ('import.run', $1, $2)`, [
    file,
    JSON.stringify({ ...counts, madeAgents }),
  ]);
  process.stdout.write(
    `Stored: ${counts.stored}; revised: ${counts.revised}; repeated: ${counts.repeated}; refused, now in quarantine: ${counts.refused}; here already: ${counts.alreadyHere}; probes: ${counts.probes}; without bytes, since erased: ${counts.erased}; dismissed before: ${counts.dismissed}; left out: ${counts.leftOut}.\n`,
  );
  if (madeAgents.length > 0) process.stdout.write(`Agents made: ${madeAgents.join(', ')}.\n`);
  await writer.onApplicationShutdown();
  await database.onApplicationShutdown();
  return counts.leftOut === 0 && counts.refused === 0 ? 'good' : 'bad';
});
