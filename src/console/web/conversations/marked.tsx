import { rangesIn, wordsOf } from './hits.js';

/** A text as it is, with what a search found marked in it. */
export function Marked({ text, query }: { text: string; query: string }) {
  return rangesIn(text, wordsOf(query)).map(({ from, to, isHit }) =>
    isHit ? (
      <mark key={from} className="hit-mark">
        {text.slice(from, to)}
      </mark>
    ) : (
      <span key={from}>{text.slice(from, to)}</span>
    ),
  );
}
