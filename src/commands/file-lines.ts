import { createReadStream } from 'node:fs';
import type { FileLine } from '../webhook/import/read-line.js';

const LINE_FEED = 0x0a;

/**
 * The lines of a file as bytes: decoding them would change those that are not UTF-8.
 * @param maxBytes of a line; of a longer one nothing is kept in memory
 */
export async function* linesOf(path: string, maxBytes: number): AsyncGenerator<FileLine> {
  let parts: Buffer[] = [];
  let length = 0;
  const add = (part: Buffer) => {
    length += part.length;
    if (length <= maxBytes) parts.push(part);
    else parts = [];
  };
  const take = (isEnded: boolean): FileLine => {
    const bytes = length > maxBytes ? null : parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    const line = { bytes, size: length + (isEnded ? 1 : 0), isEnded };
    parts = [];
    length = 0;
    return line;
  };
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      add(chunk.subarray(from, at));
      yield take(true);
      from = at + 1;
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (length > 0) yield take(false);
}
