import { constants, gunzipSync } from 'node:zlib';
import { withoutTextMarks } from '../../text-mark.js';
import { isJsonObject, type JsonObject } from '../parse-json.js';

/** What an import takes: lines of `GET /v1/export?kind=deliveries`, or bodies as a sender sends them, one a line. */
export type FileKind = 'deliveries' | 'bodies';

/** The refusal goes after the name of the file, and says what to do instead. */
export type Judgement = { kind: FileKind } | { refusal: string };

/** Bytes of a file that `refusalOf` looks at: a header of a CSV, or the beginning of a backup, is shorter. */
export const HEAD_BYTES = 64 * 1024;

const WANTED = 'an export of deliveries (kind=deliveries, format=ndjson), or bodies, one JSON object a line';
const EXPORT_DELIVERIES = 'export again with kind=deliveries and format=ndjson, and import that';

const COMPRESSED: { magic: string; name: string; unpack: string }[] = [
  { magic: '\x1f\x8b', name: 'compressed with gzip', unpack: 'gunzip' },
  { magic: '\x28\xb5\x2f\xfd', name: 'compressed with zstd', unpack: 'unzstd' },
  { magic: '\xfd7zXZ\0', name: 'compressed with xz', unpack: 'unxz' },
  { magic: 'BZh', name: 'compressed with bzip2', unpack: 'bunzip2' },
  { magic: 'PK\x03\x04', name: 'a zip archive', unpack: 'unzip' },
];

/** Other text encodings by their byte order marks; UTF-32 first, since its mark begins with that of UTF-16. */
const MARKS: [string, string][] = [
  ['\xff\xfe\0\0', 'UTF-32'],
  ['\0\0\xfe\xff', 'UTF-32'],
  ['\xff\xfe', 'UTF-16'],
  ['\xfe\xff', 'UTF-16'],
];

/** Names of columns, as the first line of a CSV has them, with any of the delimiters that spreadsheets write. */
const CSV_HEADER = /^"?[\p{L}\p{N}_. -]+"?(?:[,;\t]"?[\p{L}\p{N}_. -]*"?)+$/u;

/**
 * Why a file cannot be imported, as far as its first bytes tell; null where it begins as a JSON object does.
 * @param head up to `HEAD_BYTES`, from the beginning of the file
 */
export function refusalOf(head: Buffer): string | null {
  const compressed = COMPRESSED.find(({ magic }) => startsWith(head, magic));
  if (compressed) {
    if (isBackup(unpackedHead(head))) return IS_BACKUP;
    return `is ${compressed.name}; unpack it with ${compressed.unpack}, and import what comes out`;
  }
  const encoding = MARKS.find(([mark]) => startsWith(head, mark))?.[1] ?? encodingByNulls(head);
  if (encoding)
    return `is ${encoding} text; convert it with iconv -f ${encoding} -t UTF-8, and import what comes out`;

  const text = withoutTextMarks(head.toString('utf8')).trimStart();
  if (text === '') return 'is empty, so there is nothing to import';
  const line = /^[^\r\n]*/.exec(text)![0].trimEnd();
  if (line.includes('\0')) return `is no text; import takes ${WANTED}`;
  if (text.startsWith('{')) return isBackup(text) ? IS_BACKUP : null;
  if (text.startsWith('['))
    return `is a JSON array; write its elements one a line with jq -c '.[]', and import what comes out`;
  if (CSV_HEADER.test(line)) return `is a CSV file; ${EXPORT_DELIVERIES}`;
  return `does not begin with a JSON object; import takes ${WANTED}`;
}

const startsWith = (bytes: Buffer, magic: string): boolean =>
  bytes.subarray(0, magic.length).equals(Buffer.from(magic, 'latin1'));

const IS_BACKUP = 'is a backup of Convoledger; bring it into an empty instance with npm run restore';

const isBackup = (text: string): boolean => text.startsWith('{"format":"convoledger-backup"');

function unpackedHead(head: Buffer): string {
  try {
    // The head of a larger file is cut, so what it unpacks to is taken without its end.
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH }).toString('utf8');
  } catch {
    return '';
  }
}

/** Text whose first character is ASCII shows by its zeros in how many bytes a character has. */
function encodingByNulls(head: Buffer): string | null {
  const zeros = [...head.subarray(0, 4)].map((byte) => (byte === 0 ? '0' : 'x')).join('');
  if (zeros === 'x000' || zeros === '000x') return 'UTF-32';
  return zeros === 'x0x0' || zeros === '0x0x' ? 'UTF-16' : null;
}

/**
 * Whether a file that `refusalOf` did not refuse can be imported, by its first line that is not blank.
 * @param line without what `lineContent` takes away; null where it is longer than may be read
 * @param isEnded whether a line break follows
 */
export function judgeFirstLine(line: Buffer | null, isEnded: boolean): Judgement {
  if (line === null) return { refusal: `begins with a line that is too long; import takes ${WANTED}` };
  const value = parseLine(line);
  if (value === undefined) return { refusal: refusalOfBroken(line, isEnded) };
  const kind = kindOfLine(value);
  if (kind === 'delivery') return { kind: 'deliveries' };
  if (kind === 'body') return { kind: 'bodies' };
  return { refusal: REFUSALS[kind] };
}

function refusalOfBroken(line: Buffer, isEnded: boolean): string {
  if (!isEnded) return 'has one line, and that is cut short; make or download it again';
  // Where a printer of JSON breaks its lines.
  return '{[,:'.includes(String.fromCharCode(line.at(-1) ?? 0))
    ? 'has a JSON object over several lines; write each on a line of its own with jq -c ., and import what comes out'
    : `begins with a line that is not whole JSON; import takes ${WANTED}`;
}

export type LineKind = 'delivery' | 'body' | keyof typeof WORDS;

/** What else a line may be, as words that follow "it is". */
const WORDS = {
  message: 'a message of an export of messages',
  entry: 'an entry of an export of entries',
  change: 'a change of the changes feed',
  arrival: 'a delivery without its body',
  answer: 'an answer of the API',
  other: 'JSON, but no object',
} as const;

const REFUSALS: Record<keyof typeof WORDS, string> = {
  message: `is an export of messages, which does not have what was delivered; ${EXPORT_DELIVERIES}`,
  entry: `is an export of entries, which does not have what was delivered; ${EXPORT_DELIVERIES}`,
  change: `holds changes, which do not have what was delivered; ${EXPORT_DELIVERIES}`,
  arrival: `is a list of deliveries without their bodies or their agents; ${EXPORT_DELIVERIES}`,
  answer: `is an answer of the API and no export; ${EXPORT_DELIVERIES}`,
  other: `begins with JSON that is no object; import takes ${WANTED}`,
};

/** Why a line cannot be imported from a file of the other kind, as words that follow "left out:". */
export const misplaced = (line: LineKind): string =>
  line === 'delivery'
    ? 'it is a delivery of an export, and the file began with bodies'
    : line === 'body'
      ? 'it is a body, and the file began with an export of deliveries'
      : `it is ${WORDS[line]}`;

/** What a line is, by the members that its JSON object has. A body may have any others. */
export function kindOfLine(value: unknown): LineKind {
  if (!isJsonObject(value)) return 'other';
  const has = (...names: string[]) => names.every((name) => Object.hasOwn(value, name));
  if (
    has('agent', 'delivery_id', 'received_at', 'sha256') &&
    (Object.hasOwn(value, 'body') || Object.hasOwn(value, 'body_base64'))
  )
    return 'delivery';
  if (has('entry_id')) return 'entry';
  if (has('position')) return 'change';
  if (has('delivery_id')) return 'arrival';
  if (has('origin') || isExportedMessage(value)) return 'message';
  if (isAnswer(value)) return 'answer';
  return 'body';
}

/** These three are never sent, and an export has them in every message. */
const isExportedMessage = ({ agent, received_at, revision }: JsonObject): boolean =>
  typeof agent === 'string' && typeof received_at === 'string' && typeof revision === 'number';

/** A page of a list, or an error that was saved in place of what was asked for. */
const isAnswer = ({ message_id, data, next_cursor, title, status, detail }: JsonObject): boolean =>
  message_id === undefined &&
  ((Array.isArray(data) && next_cursor !== undefined) ||
    (typeof title === 'string' && typeof status === 'number' && typeof detail === 'string'));

/** The value of a line of JSON; undefined for anything else. Digits that a double does not hold are lost. */
export function parseLine(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    return undefined;
  }
}

const MARK = Buffer.from('\uFEFF');
const CARRIAGE_RETURN = 0x0d;

/** A line without its carriage return and without byte order marks, which are no part of what it holds. */
export function lineContent(line: Buffer): Buffer {
  let [start, end] = [0, line.length];
  while (line.subarray(start, start + MARK.length).equals(MARK)) start += MARK.length;
  for (;;) {
    if (end > start && line[end - 1] === CARRIAGE_RETURN) end -= 1;
    else if (end - start >= MARK.length && line.subarray(end - MARK.length, end).equals(MARK))
      end -= MARK.length;
    else return line.subarray(start, end);
  }
}

export const isBlank = (content: Buffer): boolean =>
  content.every((byte) => byte === 0x20 || byte === 0x09 || byte === CARRIAGE_RETURN);
