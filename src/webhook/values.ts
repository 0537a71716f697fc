import { toDecimal } from '../ledger/decimal.js';
import { withoutTextMarks } from '../text-mark.js';
import { isJsonObject, type JsonObject, literalOf } from './parse-json.js';

/** A number below this is a time in seconds, from it on one in milliseconds: 1e11 s is the year 5138. */
const MILLISECONDS_FROM = 1e11;

/**
 * A token count, exactly: a whole number from 0 to 2^53 - 1 as a JSON number or a string holding one, however it
 * is written (29, 29.0, "2.9e1"). `null` for any other value.
 */
export function tokenCount(value: unknown): bigint | null {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return BigInt(value as number);
  const whole = wholeNumber(value);
  // Number() may round, but nothing above 2^53 - 1 is rounded down into the range.
  if (whole === null || whole.startsWith('-') || Number(whole) > Number.MAX_SAFE_INTEGER) return null;
  return BigInt(whole);
}

/** An amount of credits as a canonical decimal, from 0 to below 10^30 with up to 30 places; `null` for any other value. */
export function credits(value: unknown): string | null {
  if (typeof value === 'number' && value >= 0) {
    const literal = String(value);
    // Without an exponent a number is written canonically, and lies between 10^-7 and 10^21.
    if (!literal.includes('e')) return literal;
  }
  const literal = literalOf(value);
  const decimal = literal === null ? null : toDecimal(literal);
  return decimal === null || decimal.startsWith('-') ? null : decimal;
}

/** Milliseconds since 1970 from a whole number of seconds or milliseconds; `null` for any other value. */
export function epochMilliseconds(value: unknown): number | null {
  const whole = wholeNumber(value);
  if (whole === null) return null;
  const time = Number(whole);
  return Math.abs(time) < MILLISECONDS_FROM ? time * 1000 : time;
}

function wholeNumber(value: unknown): string | null {
  const literal = literalOf(value);
  const decimal = literal === null ? null : toDecimal(literal);
  return decimal === null || decimal.includes('.') ? null : decimal;
}

/** Whether a value can name a conversation or message: 1 to 256 code points that PostgreSQL can hold as they are. */
export function isId(value: unknown): value is string {
  if (typeof value !== 'string' || value === '') return false;
  if (value.includes('\0') || !value.isWellFormed()) return false;
  return value.length <= 256 || (value.length <= 512 && [...value].length <= 256);
}

/** The text with U+FFFD in place of what PostgreSQL cannot hold: NUL and lone surrogates. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

/** A parsed JSON value whose strings and keys are all `storable`; numbers stay what they are. */
export function storableJson(value: unknown): unknown {
  if (typeof value === 'string') return storable(value);
  if (Array.isArray(value)) return value.map(storableJson);
  if (literalOf(value) !== null || typeof value !== 'object' || value === null) return value;
  return storableObject(value);
}

/** The same for an object. `Object.fromEntries` makes even `__proto__` an ordinary key. */
export function storableObject(value: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [storable(key), storableJson(entry)]),
  );
}

/** Whether a body can hold a byte order mark, written or escaped. Hardly any does, and looking at every value takes time. */
export function mayHaveTextMarks(body: Uint8Array): boolean {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  return bytes.includes('\uFEFF') || bytes.includes('\\uf') || bytes.includes('\\uF');
}

/** A parsed JSON value whose strings have no byte order mark at their ends. Keys stay what they are. */
export function withoutMarksInside(value: unknown): unknown {
  if (typeof value === 'string') return withoutTextMarks(value);
  if (Array.isArray(value)) return value.map(withoutMarksInside);
  return isJsonObject(value) ? withoutMarksOf(value) : value;
}

export const withoutMarksOf = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).map(([key, entry]) => [key, withoutMarksInside(entry)]));
