/** Characters of scripts that put no spaces between words; a set's inside for expressions with the flag v. */
export const SPACELESS = ['Han', 'Hira', 'Kana', 'Bopo', 'Thai', 'Laoo', 'Khmr', 'Mymr', 'Yiii']
  .map((script) => `\\p{scx=${script}}`)
  .join('');
/** Of what words and runs consist. */
export const LETTERS = '[\\p{L}\\p{N}\\p{M}\\p{Cf}]';
export const SUPERSCRIPTS = '[\\u00b2\\u00b3\\u00b9\\u2070-\\u2079]';
export const SYMBOLS = '[\\p{So}\\p{Extended_Pictographic}\\p{Regional_Indicator}]';

/** What a UTF-16 code unit is, whatever stands beside it: only of `OTHER` that cannot be told. */
export const OTHER = 0;
/** It belongs to no token. */
export const NOTHING = 1;
export const WORD = 2;
/** A character of a spaceless script. */
export const RUN = 3;

export const kindOf = (code: number): number => KINDS[code]!;

const BY_ITSELF = `[[\\p{L}\\p{N}]--${SUPERSCRIPTS}--\\p{scx=Inherited}]`;
const IS_RUN = new RegExp(`[[${BY_ITSELF}&&[${SPACELESS}]]--[\\uFF9E\\uFF9F]]`, 'v');
const IS_WORD = new RegExp(`[${BY_ITSELF}--[${SPACELESS}]]`, 'v');
const IS_SOMETHING = new RegExp(`[${LETTERS}${SUPERSCRIPTS}${SYMBOLS}\\p{Emoji_Modifier}]`, 'v');

const KINDS = Uint8Array.from({ length: 0x1_0000 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (!character.isWellFormed()) return OTHER;
  if (IS_RUN.test(character)) return RUN;
  if (IS_WORD.test(character)) return WORD;
  return IS_SOMETHING.test(character) ? OTHER : NOTHING;
});
