import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type pg from 'pg';
import { CopyOut } from './copy.js';
import { type End, type Header, type TableLine, TERMINATOR } from './format.js';
import { appliedMigrations, columnList, estimateRows, listMonths, listTables, quoted } from './tables.js';

/** Bytes that go through hash and compression at once; rows alone would be small change. */
const CHUNK = 256 * 1024;
const NEWLINE = 0x0a;
/** Level 3 takes a third of the time of the usual 6, for a file that is some percent larger. */
const COMPRESSION = { level: 3 };

/**
 * Writes the whole instance, as it was at one instant, into one file. Deliveries go on meanwhile. The file has its name
 * only once it is whole and on the disk; one of the same name is replaced then.
 * @param client whose session is fixed, since that decides how values are written
 * @param file `-` for standard output, where a cut backup shows by its missing end alone
 * @returns how many rows it holds
 */
export async function writeBackup(
  client: pg.Client,
  file: string,
  onRows: (rows: number) => void = () => {},
): Promise<number> {
  const isStdout = file === '-';
  const unfinished = `${file}.unfinished`;
  await client.query('begin isolation level repeatable read, read only');
  try {
    const counted = { rows: 0 };
    await pipeline(
      Readable.from(contents(client, counted, onRows)),
      createGzip(COMPRESSION),
      // It holds messages, and hashes of tokens.
      isStdout ? process.stdout : createWriteStream(unfinished, { mode: 0o600 }),
    );
    if (!isStdout) {
      await syncFile(unfinished);
      await rename(unfinished, file);
    }
    return counted.rows;
  } catch (error) {
    if (!isStdout) await rm(unfinished, { force: true });
    throw error;
  } finally {
    await client.query('rollback').catch(() => {});
  }
}

async function* contents(
  client: pg.Client,
  counted: { rows: number },
  onRows: (rows: number) => void,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  const hashed = (bytes: Buffer): Buffer => {
    hash.update(bytes);
    return bytes;
  };
  const line = (value: Header | TableLine | End) => Buffer.from(`${JSON.stringify(value)}\n`);

  const header: Header = {
    format: 'convoledger-backup',
    version: 1,
    created_at: new Date().toISOString(),
    migrations: await appliedMigrations(client),
    months: await listMonths(client),
    rows: await estimateRows(client),
  };
  yield hashed(line(header));
  for (const table of await listTables(client)) {
    yield hashed(line({ table: table.name, columns: table.columns }));
    const rows = client.query(
      new CopyOut(`copy (select ${columnList(table)} from ${quoted(table.name)}) to stdout`),
    );
    for await (const bytes of inChunks(rows)) {
      const count = countLines(bytes);
      counted.rows += count;
      onRows(count);
      yield hashed(bytes);
    }
    yield hashed(TERMINATOR);
  }
  yield line({ end: true, rows: counted.rows, sha256: hash.digest('hex') });
}

async function* inChunks(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const part of source) {
    parts.push(part);
    length += part.length;
    if (length < CHUNK) continue;
    yield Buffer.concat(parts);
    parts = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(parts);
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.sync().finally(() => file.close());
}
