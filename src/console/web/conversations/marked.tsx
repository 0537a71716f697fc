/** The words that a search asks for; a phrase in quotes is one. */
export function wordsOf(query: string): string[] {
  const parts = query.match(/"[^"]*"|[^\s"]+/g) ?? [];
  return parts.map((part) => folded(part.replaceAll('"', '').trim())).filter((word) => word !== '');
}

/** Case and accents do not matter to a search, so not to its marks either. */
const folded = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

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

interface Stretch {
  from: number;
  to: number;
  isHit: boolean;
}

/** Folding changes lengths, so each folded character remembers where it came from. */
export function rangesIn(text: string, words: string[]): Stretch[] {
  if (words.length === 0) return [{ from: 0, to: text.length, isHit: false }];
  let plain = '';
  const origins: number[] = [];
  let at = 0;
  for (const character of text) {
    const fold = folded(character);
    plain += fold;
    for (let unit = 0; unit < fold.length; unit++) origins.push(at);
    at += character.length;
  }
  const hits = new Uint8Array(text.length);
  for (const word of words) {
    for (let found = plain.indexOf(word); found >= 0; found = plain.indexOf(word, found + word.length)) {
      const end = origins[found + word.length] ?? text.length;
      hits.fill(1, origins[found], end);
    }
  }
  const stretches: Stretch[] = [];
  for (let from = 0; from < text.length; ) {
    const isHit = hits[from] === 1;
    let to = from + 1;
    while (to < text.length && (hits[to] === 1) === isHit) to++;
    stretches.push({ from, to, isHit });
    from = to;
  }
  return stretches;
}
