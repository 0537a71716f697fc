/**
 * The text of a message as people read it: what was sent (even if empty), or else the texts of its pieces
 * joined by a line break, or `null` if there is neither.
 */
export function displayText(text: string | null, output: readonly { text: string | null }[]): string | null {
  if (text !== null) return text;
  const texts = output.map((piece) => piece.text).filter((piece) => piece !== null);
  return texts.length > 0 ? texts.join('\n') : null;
}
