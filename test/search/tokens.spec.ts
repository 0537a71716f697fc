import { fold } from '../../src/search/fold.js';
import { tokensOf } from '../../src/search/tokens.js';
import { random } from './random.js';

/** The rule as one expression that is asked for all of a text, with no regard to time. */
const SPACELESS =
  '\\p{scx=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Bopo}\\p{scx=Thai}\\p{scx=Laoo}\\p{scx=Khmr}\\p{scx=Mymr}\\p{scx=Yiii}';
const LETTER = '[\\p{L}\\p{N}\\p{M}\\p{Cf}]';
const RAISED = '[²³¹⁰-\\u2079]';
const PIECE = new RegExp(
  `([${LETTER}&&[${SPACELESS}]][${LETTER}&&[${SPACELESS}\\p{Cf}\\p{scx=Inherited}]]*)` +
    `|${RAISED}+|[${LETTER}--${RAISED}--[[${SPACELESS}]&&[\\p{L}\\p{N}]]]+` +
    '|[\\p{So}\\p{Extended_Pictographic}\\p{Regional_Indicator}][\\p{Emoji_Modifier}\\uFE0F]*',
  'gv',
);

function byTheRule(text: string): string[] {
  return [...text.matchAll(PIECE)].flatMap(({ 0: piece, 1: run, index }) => {
    if (run === undefined) return fold(piece) === '' ? [] : [`${index} ${fold(piece)}`];
    return [...run.matchAll(/[\s\S][\u3099\u309A\uFF9E\uFF9F]*/gu)].flatMap((character) =>
      [...fold(character[0])].map((folded) => `${index + character.index} ${folded}`),
    );
  });
}

const asRead = (text: string) => tokensOf(text).map(({ start, text: folded }) => `${start} ${folded}`);

describe('tokens', () => {
  it('are those of the rule for every character alone, between letters, and between ideographs', () => {
    const wrong: string[] = [];
    for (let code = 0; code < 0x3_0000; code++) {
      const character = String.fromCodePoint(code);
      const text = `${character} a${character}b 你${character}好`;
      if (asRead(text).join() !== byTheRule(text).join()) wrong.push(`U+${code.toString(16)}`);
    }
    expect(wrong).toEqual([]);
  });

  it('are those of the rule for characters of several scripts in any order', () => {
    const ranges = [
      [0x20, 0x7e],
      [0xa0, 0x24f],
      [0x300, 0x36f],
      [0x400, 0x45f],
      [0x600, 0x65f],
      [0xe00, 0xe4f],
      [0x200b, 0x2080],
      [0x3040, 0x30ff],
      [0x4e00, 0x4e20],
      [0xd800, 0xdfff],
      [0xff60, 0xffa0],
      [0x1f3fb, 0x1f64f],
    ] as const;
    const below = random(7);
    const character = () => {
      const [first, last] = ranges[below(ranges.length)]!;
      return String.fromCodePoint(first + below(last - first + 1));
    };
    for (let n = 0; n < 20_000; n++) {
      const text = Array.from({ length: 1 + below(12) }, character).join('');
      expect([text, asRead(text)]).toEqual([text, byTheRule(text)]);
    }
  });

  it('keep the parts of a long word, cut where an expression would fail', () => {
    const lengths = tokensOf('ab'.repeat(150_000)).map(({ text }) => text.length);
    expect(lengths).toEqual([100_000, 100_000, 100_000]);
  });
});
