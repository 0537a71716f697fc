import { createHash } from 'node:crypto';
import { Temporal } from 'temporal-polyfill';
import { formatLocal } from './time/format.js';
import { type OpenRange, startOf } from './time/range.js';

/** Characters of an id that a file name keeps; few file systems take names of more than 255 bytes. */
const MAX_ID_LENGTH = 80;

/** `attachment; filename="usage_all_2026-10-01_2026-11-01_Europe-Berlin.csv"` of the parts `usage`, `all`, … and `csv`. */
export const attachment = (parts: string[], extension: string): string =>
  `attachment; filename="${parts.map(safe).join('_')}.${extension}"`;

/** The local dates of a range, with the time of day where a bound is not the beginning of one. */
export function nameOfRange({ from, to, tz }: OpenRange): string {
  if (from && to) return `${nameOfBound(from, tz)}_${nameOfBound(to, tz)}`;
  if (from) return `from-${nameOfBound(from, tz)}`;
  return to ? `until-${nameOfBound(to, tz)}` : 'all-time';
}

/** An id, which may hold any character. One that cannot be kept as it is gets a part of its hash, which tells it from others. */
export function nameOfId(id: string): string {
  const name = safe(id).slice(0, MAX_ID_LENGTH);
  return name === id ? name : `${name}-${createHash('sha256').update(id).digest('hex').slice(0, 8)}`;
}

function nameOfBound(instant: Date, tz: string): string {
  const local = formatLocal(instant, tz);
  const date = local.slice(0, 10);
  if (startOf(Temporal.PlainDate.from(date), tz).getTime() === instant.getTime()) return date;
  return local.slice(0, 23).replace(/:|\.000$/g, '');
}

/** These need no quotes in a header or a shell, and no file system forbids them. */
const safe = (text: string): string => text.replace(/[^A-Za-z0-9.+_-]+/g, '-');
