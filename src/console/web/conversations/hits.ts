/** The words that a search asks for; a phrase in quotes is one. */
export function wordsOf(query: string): string[] {
  const parts = query.match(/"[^"]*"|[^\s"]+/g) ?? [];
  return parts.map((part) => folded(part.replaceAll('"', '').trim())).filter((word) => word !== '');
}

/** Case and accents do not matter to a search, so not to its marks either. */
const folded = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** A part of a text that is a hit, or is none. */
export interface Stretch {
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
  return stretchesOf(hits);
}

/** Where a server found something, as stretches that make up the whole text. */
export function stretchesBetween(text: string, found: [number, number][]): Stretch[] {
  const hits = new Uint8Array(text.length);
  for (const [start, end] of found) hits.fill(1, start, end);
  return stretchesOf(hits);
}

function stretchesOf(hits: Uint8Array): Stretch[] {
  const stretches: Stretch[] = [];
  for (let from = 0; from < hits.length; ) {
    const isHit = hits[from] === 1;
    let to = from + 1;
    while (to < hits.length && (hits[to] === 1) === isHit) to++;
    stretches.push({ from, to, isHit });
    from = to;
  }
  return stretches;
}
