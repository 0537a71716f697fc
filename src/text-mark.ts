/** U+FEFF, the byte order mark. Editors and spreadsheets leave it at the beginning of a text, and joining texts at the end. */
const MARK = 0xfeff;

/** A text without the byte order marks at its beginning and its end. They are never part of a value. */
export function withoutTextMarks(text: string): string {
  let [start, end] = [0, text.length];
  while (text.charCodeAt(start) === MARK) start++;
  while (end > start && text.charCodeAt(end - 1) === MARK) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}
