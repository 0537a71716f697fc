import { rangesIn, type Stretch, stretchesBetween, wordsOf } from './hits.js';

/** A text as it is, with what a search for it finds marked. */
export const Marked = ({ text, query }: { text: string; query: string }) => (
  <Stretches text={text} stretches={rangesIn(text, wordsOf(query))} />
);

/** A text with what the server found in it marked. */
export const Hits = ({ text, hits }: { text: string; hits: [number, number][] }) => (
  <Stretches text={text} stretches={stretchesBetween(text, hits)} />
);

function Stretches({ text, stretches }: { text: string; stretches: Stretch[] }) {
  return stretches.map(({ from, to, isHit }) =>
    isHit ? (
      <mark key={from} className="hit-mark">
        {text.slice(from, to)}
      </mark>
    ) : (
      <span key={from}>{text.slice(from, to)}</span>
    ),
  );
}
