import { Readable, Writable } from 'node:stream';
import type pg from 'pg';

/** The part of the driver's connection that COPY needs, and its types do not name. */
interface CopyConnection extends pg.Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  sendCopyFail(reason: string): void;
  endCopyFrom(): void;
}

const SOURCE_BROKE = 'the source broke';

/**
 * The bytes of `COPY … TO STDOUT`. The socket is paused while the reader is behind, so that no table is ever in memory.
 * The driver calls the handlers.
 */
export class CopyOut extends Readable implements pg.Submittable {
  private connection: pg.Connection | undefined;

  constructor(private readonly sql: string) {
    super({ highWaterMark: 1024 * 1024 });
  }

  submit(connection: pg.Connection): void {
    this.connection = connection;
    connection.query(this.sql);
  }

  override _read(): void {
    this.connection?.stream.resume();
  }

  /** A reader that gave up leaves rows behind, which the connection has to be rid of before its next statement. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.connection?.stream.resume();
    done(error);
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    if (this.destroyed) return;
    // The driver reads the next packet into the same memory.
    if (!this.push(Buffer.from(chunk))) this.connection?.stream.pause();
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.push(null);
  }

  handleError(error: Error): void {
    this.destroy(error);
  }
}

/** Takes the bytes of `COPY … FROM STDIN`. It is finished when PostgreSQL has taken the last row. */
export class CopyIn extends Writable implements pg.Submittable {
  private connection: CopyConnection | undefined;
  private whenReady: (() => void) | undefined;
  private whenDone: (() => void) | undefined;

  constructor(private readonly sql: string) {
    super({ highWaterMark: 1024 * 1024 });
  }

  submit(connection: pg.Connection): void {
    connection.query(this.sql);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    this.connection = connection;
    if (this.destroyed) connection.sendCopyFail(SOURCE_BROKE);
    else this.whenReady?.();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const { connection } = this;
    if (!connection) {
      this.whenReady = () => this._write(chunk, _encoding, done);
      return;
    }
    connection.sendCopyFromChunk(chunk);
    if (connection.stream.writableNeedDrain) connection.stream.once('drain', done);
    else done();
  }

  override _final(done: () => void): void {
    if (!this.connection) {
      this.whenReady = () => this._final(done);
      return;
    }
    this.whenDone = done;
    this.connection.endCopyFrom();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (error && !this.whenDone) this.connection?.sendCopyFail(SOURCE_BROKE);
    done(error);
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.whenDone?.();
  }

  handleError(error: Error): void {
    this.whenDone ??= () => {};
    this.destroy(error);
  }
}
