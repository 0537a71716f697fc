import { fold } from './fold.js';

/** Something that is found by itself: a word, a symbol, or one character of a script that puts no spaces between words. */
export interface Token {
  /** Folded, never empty. */
  text: string;
  kind: 'word' | 'character';
  /** Where it stands in the text it was read from, in UTF-16 code units; `end` is exclusive. */
  start: number;
  end: number;
  /** Whether the character before it in its run is the token before it. */
  joined: boolean;
}

const SPACELESS = ['Han', 'Hira', 'Kana', 'Bopo', 'Thai', 'Laoo', 'Khmr', 'Mymr', 'Yiii']
  .map((script) => `\\p{scx=${script}}`)
  .join('');
const LETTERS = '[\\p{L}\\p{N}\\p{M}\\p{Cf}]';
/** Characters that are matched at once: V8 remembers each, and fails at some millions. What is longer is cut. */
const LONGEST = 100_000;
const SUPERSCRIPTS = '[\\u00b2\\u00b3\\u00b9\\u2070-\\u2079]';
/**
 * A run of a spaceless script, a word, or a symbol such as an emoji. Raised figures are words of their own: they mark
 * footnotes more often than anything else.
 */
const PIECE = new RegExp(
  [
    `(?<run>[${LETTERS}&&[${SPACELESS}]](?:[${LETTERS}&&[${SPACELESS}\\p{Cf}\\p{scx=Inherited}]]){0,${LONGEST}})`,
    `(?<word>${SUPERSCRIPTS}{1,${LONGEST}}|[${LETTERS}--${SUPERSCRIPTS}--[[${SPACELESS}]&&[\\p{L}\\p{N}]]]{1,${LONGEST}})`,
    '[\\p{So}\\p{Extended_Pictographic}\\p{Regional_Indicator}][\\p{Emoji_Modifier}\\uFE0F]{0,16}',
  ].join('|'),
  'gv',
);
/** One character of a run, with the voicing marks that belong to it. */
const CHARACTER = /[\s\S][\u3099\u309A\uFF9E\uFF9F]{0,16}/gu;

/** The tokens of a text, in its order. */
export function* tokensOf(text: string): Generator<Token> {
  let endOfRun = -1;
  for (const match of text.matchAll(PIECE)) {
    const [piece] = match;
    if (match.groups?.run !== undefined) {
      yield* charactersOf(piece, match.index, match.index === endOfRun);
      endOfRun = match.index + piece.length;
      continue;
    }
    const folded = fold(piece);
    if (folded !== '')
      yield {
        text: folded,
        kind: 'word',
        start: match.index,
        end: match.index + piece.length,
        joined: false,
      };
  }
}

function* charactersOf(run: string, offset: number, isCut: boolean): Generator<Token> {
  let joined = isCut;
  for (const { 0: character, index } of run.matchAll(CHARACTER)) {
    const start = offset + index;
    for (const text of fold(character)) {
      yield { text, kind: 'character', start, end: start + character.length, joined };
      joined = true;
    }
  }
}
