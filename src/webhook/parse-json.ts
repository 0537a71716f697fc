import { isLosslessNumber, parse as parseLossless } from 'lossless-json';
import { withoutTextMarks } from '../text-mark.js';

/** Objects and arrays inside each other that a body may have; the outermost one is the first. */
const MAX_NESTING = 64;

export type JsonObject = Record<string, unknown>;
export type Parsed = { value: unknown } | { problem: string };

/**
 * Parses a body so that no number loses a digit.
 *
 * Bytes that are not UTF-8 become U+FFFD, byte order marks at both ends are ignored, and of a doubled key the last
 * one counts. Numbers are numbers if that keeps them exact; if a single one in the body could be blurred by a
 * double, all of them are `LosslessNumber`s: ask `literalOf` for either. The problem is a sentence that goes
 * after "body".
 *
 * Two parsers because the lossless one is several times slower than `JSON.parse`, and hardly any body needs it.
 */
export function parseJson(body: Uint8Array): Parsed {
  const text = withoutTextMarks(decoder.decode(body));
  const { nested, blurs } = survey(text);
  // Looked at before parsing, because the lossless parser recurses.
  if (nested > MAX_NESTING) return { problem: `must not be nested more than ${MAX_NESTING} levels deep` };
  try {
    const value: unknown = JSON.parse(text);
    return {
      value: blurs ? parseLossless(text, null, { onDuplicateKey: ({ newValue }) => newValue }) : value,
    };
  } catch (error) {
    return { problem: `must be JSON${whereItBreaks(error)}` };
  }
}

/**
 * The JSON literal of a number, or the text of a string that may hold one; `null` for anything else. A number
 * gives its own decimal back, since `parseJson` leaves a double only where it has at most 15 digits.
 */
export function literalOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return value;
  return isLosslessNumber(value) ? value.value : null;
}

/** Whether a parsed value is a JSON object: no array, no `null`, and no number in its lossless form. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isLosslessNumber(value);
}

const decoder = new TextDecoder();

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/**
 * One pass over the text, JSON or not: how deep it nests (it stops looking when that is too deep) and whether it
 * has a number that a double may blur. Doubles keep decimals of up to 15 digits as long as the exponent is small.
 */
function survey(text: string): { nested: number; blurs: boolean } {
  let depth = 0;
  let nested = 0;
  let blurs = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === 0x7b || code === 0x5b) {
      depth++;
      if (depth > nested) nested = depth;
      if (nested > MAX_NESTING) break;
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
    } else if (code >= DIGIT_0 && code <= DIGIT_9) {
      const end = endOfNumber(text, at);
      blurs ||= mayBlur(text.slice(at, end));
      at = end - 1;
    }
  }
  return { nested, blurs };
}

function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at - 1;
    while (text.charCodeAt(before) === BACKSLASH) before--;
    // The quote that began the string ends that loop at the latest.
    if ((at - before) % 2 === 1) return at;
  }
  return text.length;
}

function endOfNumber(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && '0123456789.eE+-'.includes(text.charAt(at))) at++;
  return at;
}

/** Counts characters where digits would do: now and then exact parsing is wasted, which costs microseconds. */
function mayBlur(unsigned: string): boolean {
  const exponentAt = unsigned.search(/[eE]/);
  if (exponentAt < 0) return unsigned.length > 15;
  return exponentAt > 15 || unsigned.length - exponentAt > 'e-9'.length;
}

// Only the position is taken from the engine's message: the rest may quote the body.
function whereItBreaks(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  if (message.includes('end of JSON input')) return ', but it ends too early';
  const position = / in JSON at position (\d+)(?: \(line \d+ column \d+\))?$/.exec(message)?.[1];
  return position === undefined ? '' : `, but it breaks off at character ${Number(position) + 1}`;
}
