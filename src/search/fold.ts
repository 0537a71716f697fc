/**
 * Marks that only decorate a letter: accents, vowel points, variation selectors. The marks of Thai, Devanagari and their
 * like are letters of their own, and so are the voicing marks of kana, which make another syllable.
 */
const ACCENTS =
  /[[\p{M}&&[\p{Script=Inherited}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Cyrillic}]]--[\u3099\u309A]]/gv;
/** Letters that alphabets count on their own, although Unicode takes them apart: й ї ў. */
const LETTERS_WITH_MARKS = /[Ии]\u0306|[Уу]\u0306|[Іі]\u0308/gu;
/** What is invisible or only stretches: soft hyphens, joiners, direction marks, tatweel. Skin tones are like accents. */
const NOTHING = /[\p{Cf}\p{Emoji_Modifier}\u0640]/gu;
/** Strokes and ligatures, which Unicode does not take apart. */
const STROKES: Record<string, string> = {
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ŧ: 't',
  þ: 'th',
  ς: 'σ',
};
const STROKE = new RegExp(`[${Object.keys(STROKES).join('')}]`, 'gu');
/** ASCII, and ideographs, of which whole messages consist: nothing but case is to be folded. */
const PLAIN = /^[\0-\x7f\u4e00-\u9fff]*$/;

/**
 * Folded words, since languages repeat theirs. V8 copies slices of up to 12 characters; a longer one would keep all of
 * the text that it is a slice of.
 */
const remembered = new Map<string, string>();
const REMEMBERED = { words: 20_000, length: 12 };

/**
 * The form of a word under which it is found: without case, accents and differences of width. Upper case first, since
 * only that makes ß equal to SS and the dotless ı equal to I.
 */
export function fold(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase();
  if (text.length > REMEMBERED.length) return foldAnew(text);
  let folded = remembered.get(text);
  if (folded === undefined) {
    if (remembered.size >= REMEMBERED.words) remembered.clear();
    folded = foldAnew(text);
    remembered.set(text, folded);
  }
  return folded;
}

function foldAnew(text: string): string {
  return text
    .normalize('NFKD')
    .replace(NOTHING, '')
    .replace(LETTERS_WITH_MARKS, (letter) => letter.normalize('NFC'))
    .replace(ACCENTS, '')
    .normalize('NFC')
    .toUpperCase()
    .toLowerCase()
    .replace(STROKE, (letter) => STROKES[letter]!);
}
