import type { Phrase, Question } from './question.js';
import { type Token, tokensOf } from './tokens.js';

/** A piece of a text with what was found in it: `[start, end]` in UTF-16 code units of `text`, `end` exclusive. */
export interface Snippet {
  text: string;
  hits: [number, number][];
}

/** Characters before the first hit, and of the whole snippet. */
const BEFORE = 60;
const LENGTH = 240;

/**
 * Where a question is answered: a piece of the first of the texts in which most of its phrases stand.
 * @returns null where none of them stands in any
 */
export function snippetOf(texts: (string | null)[], question: Question): Snippet | null {
  let best: { text: string; hits: Hit[]; found: number } | undefined;
  for (const text of texts) {
    if (!text) continue;
    const hits = hitsIn(text, question.phrases);
    const found = new Set(hits.map(({ phrase }) => phrase)).size;
    if (found > (best?.found ?? 0)) best = { text, hits, found };
    if (found === question.phrases.length) break;
  }
  return best ? cut(best.text, best.hits) : null;
}

interface Hit {
  phrase: Phrase;
  start: number;
  end: number;
}

function hitsIn(text: string, phrases: Phrase[]): Hit[] {
  const tokens = tokensOf(text);
  const hits: Hit[] = [];
  tokens.forEach((token, at) => {
    for (const phrase of phrases) {
      if (token.text !== phrase[0]!.text || !standsAt(phrase, tokens, at)) continue;
      hits.push({ phrase, start: token.start, end: tokens[at + phrase.length - 1]!.end });
    }
  });
  return hits;
}

function standsAt(phrase: Phrase, tokens: Token[], at: number): boolean {
  return phrase.every((wanted, index) => {
    const token = tokens[at + index];
    return token?.text === wanted.text && (index === 0 || !wanted.joined || token.joined);
  });
}

function cut(text: string, hits: Hit[]): Snippet {
  const from = wordStart(text, hits[0]!.start - BEFORE);
  const to = wordEnd(text, Math.max(from + LENGTH, hits[0]!.end));
  const [before, after] = [from > 0 ? '…' : '', to < text.length ? '…' : ''];
  const marked: [number, number][] = [];
  for (const { start, end } of hits) {
    if (end > to) continue;
    const last = marked.at(-1);
    const shift = before.length - from;
    // Phrases may lie in one another or overlap: what is marked does not.
    if (last && start + shift < last[1]) last[1] = Math.max(last[1], end + shift);
    else marked.push([start + shift, end + shift]);
  }
  return { text: before + text.slice(from, to) + after, hits: marked };
}

/** How far a cut may move to fall between words. */
const REACH = 20;

function wordStart(text: string, at: number): number {
  if (at <= 0) return 0;
  const space = text.slice(at, at + REACH).search(/\s/u);
  return space >= 0 ? at + space + 1 : afterSurrogate(text, at);
}

function wordEnd(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const space = text.slice(at, at + REACH).search(/\s/u);
  return space >= 0 ? at + space : afterSurrogate(text, at);
}

const afterSurrogate = (text: string, at: number): number =>
  /[\udc00-\udfff]/.test(text[at]!) ? at + 1 : at;
