const DECIMAL = /^\d{1,30}(\.\d{1,30})?$/;

/**
 * What is wrong with a figure that somebody typed, before the server refuses it in its own words; null where nothing is.
 * A comma is never guessed at: `1,200` is a thousand and two hundred here, and one and a fifth there.
 */
export function problemOfDecimal(typed: string, example: string): string | null {
  const text = typed.trim();
  if (DECIMAL.test(text)) return null;
  if (text.includes(',')) return `Use a point for decimals and no thousands separators, such as ${example}.`;
  return `Enter a number such as ${example}.`;
}
