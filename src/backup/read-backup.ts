import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { type End, type Header, type TableLine, TERMINATOR, UnusableBackup } from './format.js';

const NEWLINE = 0x0a;
/** A control line is some kilobytes; what is longer is not ours. */
const LONGEST_LINE = 1024 * 1024;
const END_OF_ROWS = Buffer.concat([Buffer.from('\n'), TERMINATOR]);

/** Reads a backup from its beginning to its end, and holds no more of it than a chunk. */
export class BackupReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private readonly hash: Hash = createHash('sha256');
  private rest: Buffer = Buffer.alloc(0);

  /** @param file `-` for standard input */
  constructor(file: string) {
    const source = file === '-' ? process.stdin : createReadStream(file);
    const gunzip = createGunzip({ chunkSize: 256 * 1024 });
    source.on('error', (error: Error) => gunzip.destroy(error));
    this.chunks = source.pipe(gunzip)[Symbol.asyncIterator]();
  }

  /** @throws UnusableBackup where the file is none of ours */
  async header(): Promise<Header> {
    const header = (await this.line()) as Partial<Header>;
    if (header.format !== 'convoledger-backup')
      throw new UnusableBackup('This file is no backup of Convoledger.');
    if (header.version !== 1)
      throw new UnusableBackup('This backup was made by a newer Convoledger. Restore it with that one.');
    return header as Header;
  }

  /** The next table, or the end, at which everything that was read proves to be what was written. */
  async next(): Promise<TableLine | End> {
    const before = this.hash.copy();
    const line = (await this.line()) as TableLine | End;
    if ('end' in line && line.sha256 !== before.digest('hex'))
      throw new UnusableBackup('This backup was changed or damaged since it was written.');
    return line;
  }

  /** The rows of the table that was named last. Must be read to their end. */
  async *rows(): AsyncGenerator<Buffer> {
    if (this.rest.length < TERMINATOR.length) await this.fill();
    if (this.rest.subarray(0, TERMINATOR.length).equals(TERMINATOR)) {
      this.take(TERMINATOR.length);
      return;
    }
    for (;;) {
      const end = this.rest.indexOf(END_OF_ROWS);
      if (end >= 0) {
        yield this.take(end + 1);
        this.take(TERMINATOR.length);
        return;
      }
      // The end may be half in this chunk and half in the next one.
      const safe = this.rest.length - END_OF_ROWS.length;
      if (safe > 0) yield this.take(safe);
      await this.fill();
    }
  }

  private async line(): Promise<unknown> {
    for (;;) {
      const end = this.rest.indexOf(NEWLINE);
      if (end >= 0) return parse(this.take(end + 1));
      if (this.rest.length > LONGEST_LINE) throw new UnusableBackup('This file is no backup of Convoledger.');
      await this.fill();
    }
  }

  private take(length: number): Buffer {
    const taken = this.rest.subarray(0, length);
    this.rest = this.rest.subarray(length);
    this.hash.update(taken);
    return taken;
  }

  private async fill(): Promise<void> {
    const { value, done } = await this.chunks.next().catch((error: Error & { code?: string }) => {
      if (error.code === 'Z_BUF_ERROR') throw new UnusableBackup(CUT);
      if (error.code?.startsWith('Z_'))
        throw new UnusableBackup('This file is no backup of Convoledger, or was damaged.');
      throw error;
    });
    if (done) throw new UnusableBackup(CUT);
    this.rest = this.rest.length === 0 ? value : Buffer.concat([this.rest, value]);
  }
}

const CUT = 'This backup was cut: its end is missing. Nothing was restored.';

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    throw new UnusableBackup('This file is no backup of Convoledger.');
  }
}
