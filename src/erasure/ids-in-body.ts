import { isUtf8 } from 'node:buffer';
import { withoutTextMarks } from '../text-mark.js';

/** The conversations and messages that a body names. */
export interface NamedIds {
  conversations: Set<string>;
  messages: Set<string>;
}

/**
 * Encodings inside each other that are looked through. A sender that encodes by mistake does it once or twice; without
 * a bound, four megabytes of `\u005cu005cu005c…` would take one level per five bytes.
 */
const MAX_DEPTH = 8;

/**
 * Finds the ids that a body names, whether or not it is JSON: the values of the keys `conversation_id` and `message_id`,
 * wherever they stand and however they are escaped, also in JSON inside of strings and in a body that is cut short.
 * A value that is cut itself names nothing, since it may be the beginning of another id.
 *
 * For bodies that no parser reads, so it follows no grammar: every unescaped quote both ends a text and begins one, and
 * `"conversation_id"`, a colon and a closed text in a row are a name. In JSON that happens nowhere but at a real key,
 * and in a broken body a stray quote does not hide what comes after it.
 */
export function idsInBody(body: Uint8Array): NamedIds {
  const names: NamedIds = { conversations: new Set(), messages: new Set() };
  const texts = decodings(body);
  for (const text of texts) collect(text, names, MAX_DEPTH);
  if (names.conversations.size === 0) for (const text of texts) collectLoosely(text, names);
  // Wrong bytes all decode to the same character, so such an id may be another one.
  if (!isUtf8(body) && texts.length === 1) for (const set of Object.values(names)) forgetBlurred(set);
  return names;
}

const utf8 = new TextDecoder();
const utf16le = new TextDecoder('utf-16le');
const utf16be = new TextDecoder('utf-16be');

/** The body as UTF-8, and where it has NUL or a mark of UTF-16, also as that. */
function decodings(body: Uint8Array): string[] {
  const [first, second] = body;
  const isMarked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return isMarked || body.includes(0)
    ? [utf8.decode(body), utf16le.decode(body), utf16be.decode(body)]
    : [utf8.decode(body)];
}

function forgetBlurred(ids: Set<string>): void {
  for (const id of ids) if (id.includes('\uFFFD')) ids.delete(id);
}

const ONLY_COLON = /^\s*:\s*$/;
/** A number, or what somebody forgot to quote; a cut one has nothing behind it. */
const BARE_VALUE = /^\s*:\s*([^\s,:[\]{}"]+)[\s,\]}]/;
const CONTAINER = /^\s*:\s*[[{]/;
const NO_VALUE = new Set(['null', 'true', 'false', 'undefined', 'None', '']);

/** Code units. Bounded because every unclosed comment is searched to the end of the gap: quadratic without a limit. */
const MAX_COMMENTED_GAP_LENGTH = 1_000;

/** JSON has no comments, but JSON with comments is sent too. */
function withoutComments(gap: string): string {
  if (gap.length > MAX_COMMENTED_GAP_LENGTH || !gap.includes('/')) return gap;
  return gap.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, ' ');
}

/** One pass over the pieces of a text between unescaped quotes. */
function collect(text: string, names: NamedIds, depth: number): void {
  /** The key that the last piece was, and the one before the last where a colon is between. */
  let key: Set<string> | null = null;
  let keyed: Set<string> | null = null;
  /** A list or an object where the value should be, until its brackets are closed. */
  let container: { ids: Set<string>; open: number; isText: boolean } | null = null;
  let backslash = text.indexOf('\\');
  let start = 0;
  for (let isFirst = true; start <= text.length; isFirst = false) {
    const quote = nextQuote(text, start);
    const isClosed = quote >= 0;
    const end = isClosed ? quote : text.length;
    const isText = isClosed && !isFirst;
    if (backslash >= 0 && backslash < start) backslash = text.indexOf('\\', start);
    const isEscaped = backslash >= 0 && backslash < end;

    if (keyed && isText) add(keyed, piece(text, start, end, isEscaped));
    keyed = null;
    if (container) container = within(container, text, start, end, isText, isEscaped);
    if (key) {
      const gap = withoutComments(text.slice(start, end));
      const bare = BARE_VALUE.exec(gap)?.[1];
      if (ONLY_COLON.test(gap)) keyed = key;
      else if (bare !== undefined && !NO_VALUE.has(bare)) add(key, bare);
      else if (CONTAINER.test(gap)) {
        const open = brackets(text, start, end);
        container = open > 0 ? { ids: key, open, isText: true } : null;
      }
    }
    key = isText ? keyOf(text, start, end, isEscaped, names) : null;
    if (isEscaped && depth > 0) {
      const outer = text.slice(start, end);
      if (mayHoldKey(outer)) collect(unescaped(outer), names, depth - 1);
    }
    start = end + 1;
  }
}

type Container = { ids: Set<string>; open: number; isText: boolean };

/** Takes the texts inside of a list or an object for ids, and says whether it goes on. */
function within(
  { ids, open, isText }: Container,
  text: string,
  start: number,
  end: number,
  isClosed: boolean,
  isEscaped: boolean,
): Container | null {
  if (isText) {
    if (isClosed) add(ids, piece(text, start, end, isEscaped));
    return { ids, open, isText: false };
  }
  const left = open + brackets(text, start, end);
  return left > 0 ? { ids, open: left, isText: true } : null;
}

/** How many more brackets open than close. */
function brackets(text: string, start: number, end: number): number {
  let open = 0;
  for (let at = start; at < end; at++) {
    const char = text.charAt(at);
    if (char === '[' || char === '{') open++;
    else if (char === ']' || char === '}') open--;
  }
  return open;
}

/** The next quote that no backslash escapes; -1 where there is none. */
function nextQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (before > from && text.charCodeAt(before - 1) === 0x5c) before--;
    if ((at - before) % 2 === 0) return at;
  }
  return -1;
}

const CONVERSATION = 'conversation_id';
const MESSAGE = 'message_id';
/** Of a key with every character escaped. */
const LONGEST_KEY = CONVERSATION.length * '\\u0000'.length;

function keyOf(
  text: string,
  start: number,
  end: number,
  isEscaped: boolean,
  { conversations, messages }: NamedIds,
): Set<string> | null {
  if (end - start < MESSAGE.length || end - start > LONGEST_KEY) return null;
  const key = piece(text, start, end, isEscaped);
  if (key === CONVERSATION) return conversations;
  return key === MESSAGE ? messages : null;
}

const piece = (text: string, start: number, end: number, isEscaped: boolean) =>
  isEscaped ? unescaped(text.slice(start, end)) : text.slice(start, end);

/** Whether there can be a key in what a string says: at some depth its letters are written, or an escape of one. */
const mayHoldKey = (text: string): boolean => text.includes('_id') || text.includes('u00');

const CONTROLS: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const HEX = /^[0-9a-f]{4}$/i;

/** What a JSON string says. An escape that JSON does not have is the character itself. */
function unescaped(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', from)) {
    if (at > from) parts.push(text.slice(from, at));
    const char = text.charAt(at + 1);
    const hex = char === 'u' ? text.slice(at + 2, at + 6) : '';
    const isCode = HEX.test(hex);
    parts.push(isCode ? String.fromCharCode(Number.parseInt(hex, 16)) : (CONTROLS[char] ?? char));
    from = at + (isCode ? 6 : 2);
  }
  parts.push(text.slice(from));
  return parts.join('');
}

/** Also as it came, for ids that were stored when a byte order mark was still taken for a part of them. */
function add(ids: Set<string>, value: string): void {
  const id = withoutTextMarks(value);
  if (id === '') return;
  ids.add(id);
  ids.add(value);
}

/** YAML, XML, or what a program prints for an object. Bounded, so that each place costs a bounded time. */
const LOOSE =
  /(?<![\w-])(conversation|message)_id['"]?\s{0,64}(?:=>|[:=>])\s{0,64}(?:'([^'\n]{1,600})'|"([^"\n]{1,600})"|([^\s'",;&<>{}[\]()]{1,600})(?=[\s,;&<>{}[\])]))/g;

/** For a body in which no key of JSON names a conversation. */
function collectLoosely(text: string, names: NamedIds): void {
  const form = text.trim();
  if (form.includes('=') && !/[\s"<>{}]/.test(form)) collectFromForm(form, names);
  for (const [, kind, single, double, bare] of text.matchAll(LOOSE)) {
    const value = single ?? double ?? bare ?? '';
    if (bare !== undefined && NO_VALUE.has(bare)) continue;
    add(kind === 'conversation' ? names.conversations : names.messages, value);
  }
}

function collectFromForm(form: string, names: NamedIds): void {
  for (const [key, value] of new URLSearchParams(form)) {
    if (key === CONVERSATION) add(names.conversations, value);
    else if (key === MESSAGE) add(names.messages, value);
    else collect(value, names, MAX_DEPTH);
  }
}
