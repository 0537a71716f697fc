import { IN_PARTS, lexemeBefore, OVERLAP, quote } from './lexemes.js';
import { type Token, tokensOf } from './tokens.js';

/** Tokens that must stand one after the other: a word, a run of characters, or all of what stood between quotes. */
export type Phrase = Token[];

/** What is looked for. All phrases must occur. */
export interface Question {
  phrases: Phrase[];
  /** For a message in one piece. It also finds every message in parts: those are judged by `terms`. */
  tsquery: string;
  /** For a message in parts: each must be found in one of them. */
  terms: string[];
  /** Every lexeme of it, and whether anything that begins with it will do. */
  lexemes: { lexeme: string; isPrefix: boolean }[];
}

/**
 * Reads what somebody typed. Signs that other searches take for operators are punctuation here, and punctuation only
 * separates: what stands without a space, as `user@example.com` or `3.14`, is a phrase.
 * @returns null where there is no word in it
 */
export function readQuestion(q: string): Question | null {
  const phrases = chunksOf(q)
    .map(tokensOf)
    .filter((tokens) => tokens.length > 0);
  if (phrases.length === 0) return null;
  const lexemes: Question['lexemes'] = [];
  const terms = [...new Set(phrases.flatMap((phrase) => termsOf(phrase, lexemes)))];
  const tsquery = `(${terms.map((term) => `(${term})`).join(' & ')}) | ${quote(IN_PARTS)}`;
  return { phrases, tsquery, terms, lexemes };
}

function chunksOf(q: string): string[] {
  const chunks: string[] = [];
  // Every other quote opens, whatever its shape; one that is left open reaches to the end.
  q.split(/["“”„‟＂]/u).forEach((piece, index) => {
    if (index % 2 === 1) chunks.push(piece);
    else chunks.push(...piece.split(/\s+/u));
  });
  return chunks;
}

/** A phrase as terms of a tsquery: more than one where it is too long to lie within one part. */
function termsOf(phrase: Phrase, lexemes: Question['lexemes']): string[] {
  const terms: string[] = [];
  for (let from = 0; ; from += OVERLAP / 2) {
    const to = from + OVERLAP;
    terms.push(termOf(phrase.slice(from, to), phrase[to], lexemes));
    if (to >= phrase.length) return terms;
  }
}

function termOf(phrase: Phrase, next: Token | undefined, lexemes: Question['lexemes']): string {
  let term = '';
  let distance = 0;
  phrase.forEach((token, index) => {
    const follower = phrase[index + 1] ?? next;
    const isLastOfRun = token.kind === 'character' && !follower?.joined;
    distance += 1;
    // It is in the lexeme before it, unless it is the whole run.
    if (isLastOfRun && token.joined && term !== '') return;
    const lexeme = lexemeBefore(token, follower);
    lexemes.push({ lexeme, isPrefix: isLastOfRun });
    const word = quote(lexeme) + (isLastOfRun ? ':*' : '');
    term += term === '' ? word : ` <${distance}> ${word}`;
    distance = 0;
  });
  return term;
}
