import { parse } from 'lossless-json';
import { displayText } from '../../history/display-text.js';
import type { Question } from '../../search/question.js';
import { type Snippet, snippetOf } from '../../search/snippet.js';
import { textsOf } from '../../search/texts.js';
import type { MessageRow } from './messages.sql.js';

/** Where a message answers a question: in the text that people read, if it can be shown there. */
export function snippetOfMessage(row: MessageRow, question: Question): Snippet | null {
  const pieces = parse(row.pieces) as { text: string | null; audio: unknown[] }[];
  return snippetOf([displayText(row.text, pieces), ...textsOf(row.text, pieces)], question);
}
