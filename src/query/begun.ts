import { Readable } from 'node:stream';

/**
 * A stream of chunks whose first one is there already, so that what fails before it can still be answered with an error.
 * What fails later destroys the stream, and with it the connection: the receiver sees a broken transfer.
 */
export async function begun(chunks: AsyncGenerator<string | Uint8Array>): Promise<Readable> {
  const first = await chunks.next();
  async function* all(): AsyncGenerator<string | Uint8Array> {
    if (first.done) return;
    yield first.value;
    yield* chunks;
  }
  const stream = Readable.from(all(), { highWaterMark: 1 });
  // Where nobody read a single chunk, `all` never began and cannot end what stands behind it.
  stream.once('close', () => void chunks.return(undefined).catch(() => {}));
  return stream;
}
