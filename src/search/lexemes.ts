import { createHash } from 'node:crypto';
import { eachToken, type Token } from './tokens.js';

/** PostgreSQL counts positions up to 16,383 and keeps 255 of them for a lexeme; a tsvector has less than a megabyte. */
const MOST_POSITIONS = 16_000;
const MOST_OF_ONE = 255;
const MOST_BYTES = 900_000;
/** How many tokens one part shares with the next, so that a phrase that crosses the border is whole in one of them. */
export const OVERLAP = 40;
/** Between two texts, so that no phrase reaches from one into the other. */
const GAP = 3;
/** PostgreSQL takes up to 2,046 bytes; of a longer word the index holds the beginning and a digest. */
const LONGEST_WORD = 64;

/** A message whose texts do not fit one tsvector has this lexeme there, and its texts in parts of their own. */
export const IN_PARTS = '…';

/** What the index holds of a message: `search` for its own row, and the parts of a text too long for that. */
export interface IndexedTexts {
  /** A tsvector as text. */
  search: string;
  /** tsvectors as texts; empty for nearly every message. */
  parts: string[];
}

/** A word as the index knows it. */
export function lexemeOf(word: string): string {
  if (word.length <= LONGEST_WORD) return word;
  const digest = createHash('sha256').update(word).digest('hex').slice(0, 32);
  return word.slice(0, LONGEST_WORD / 2).toWellFormed() + digest;
}

/** A lexeme between quotes, as tsvector and tsquery read it. */
export const quote = (lexeme: string): string =>
  TO_DOUBLE.test(lexeme) ? `'${lexeme.replace(/['\\]/g, '$&$&')}'` : `'${lexeme}'`;
const TO_DOUBLE = /['\\]/;

/**
 * What the index holds of the texts of one message. A word is one lexeme. A character of a script without spaces is
 * one together with the character after it, the last of its run alone: two characters are then found at once, any run
 * by lexemes that follow each other, and one character by what begins with it.
 */
export function indexTexts(texts: (string | null)[]): IndexedTexts {
  const given = new Set(texts.filter((text) => text !== null && text !== ''));
  const parts = partsOf(given as Set<string>);
  const [only = ''] = parts;
  return parts.length > 1 ? { search: quote(IN_PARTS), parts } : { search: only, parts: [] };
}

function partsOf(texts: Set<string>): string[] {
  const parts: string[] = [];
  let part = new Part();
  eachPlaced(texts, (lexeme, place) => {
    if (part.add(lexeme, place)) return;
    parts.push(part.toString());
    part = part.next();
    part.add(lexeme, place);
  });
  parts.push(part.toString());
  return parts;
}

/** Hands over each lexeme with its place, counted over all texts, gaps included. */
function eachPlaced(texts: Set<string>, take: (lexeme: string, place: number) => void): void {
  let at = 0;
  for (const text of texts) {
    let last: Token | undefined;
    eachToken(text, (token) => {
      if (last) take(lexemeBefore(last, token), at);
      at += 1;
      last = token;
    });
    if (last) take(lexemeBefore(last, undefined), at);
    at += GAP;
  }
}

/** The lexeme of a token, which depends on what follows it. */
export function lexemeBefore(token: Token, next: Token | undefined): string {
  if (token.kind === 'word') return lexemeOf(token.text);
  return next?.joined ? token.text + next.text : token.text;
}

/** A tsvector in the making. */
class Part {
  private readonly positions = new Map<string, number[]>();
  private bytes = 0;
  private from = 0;

  /** @returns false where it does not fit, and begins a next part */
  add(lexeme: string, place: number): boolean {
    if (this.positions.size === 0) this.from = place - 1;
    const position = place - this.from;
    if (position >= MOST_POSITIONS || this.bytes >= MOST_BYTES) return false;
    const known = this.positions.get(lexeme);
    if (known === undefined) {
      this.positions.set(lexeme, [position]);
      // Lexeme, its length and its first position; a character has up to three bytes for each unit of UTF-16.
      this.bytes += lexeme.length * 3 + 6;
      return true;
    }
    if (known.length >= MOST_OF_ONE) return false;
    known.push(position);
    this.bytes += 2;
    return true;
  }

  /** A part that begins with the last of this one. */
  next(): Part {
    const placed = [...this.positions].flatMap(([lexeme, positions]) =>
      positions.map((position) => ({ lexeme, place: position + this.from })),
    );
    const part = new Part();
    for (const { lexeme, place } of placed.sort((one, other) => one.place - other.place).slice(-OVERLAP))
      part.add(lexeme, place);
    return part;
  }

  /** PostgreSQL's notation. */
  toString(): string {
    let text = '';
    for (const [lexeme, positions] of this.positions) {
      text += `${text === '' ? '' : ' '}${quote(lexeme)}:${positions.length === 1 ? positions[0] : positions.join()}`;
    }
    return text;
  }
}
