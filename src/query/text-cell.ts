/**
 * A text as a cell of a CSV. Spreadsheets take what begins with one of these for a formula, and would compute whatever a
 * stranger wrote into an id; the apostrophe makes it a text. Numbers are no texts and stay as they are.
 */
export const textCell = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
