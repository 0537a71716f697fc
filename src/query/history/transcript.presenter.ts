import { stringify as json, parse } from 'lossless-json';
import { displayText } from '../../history/display-text.js';
import { textsOf } from '../../search/texts.js';
import type { CsvQuery } from '../csv.js';
import { messageFile, presentCsv } from '../export/export-files.presenter.js';
import { formatInstant } from '../time/format.js';
import { presentMessage } from './message.presenter.js';
import type { MessageRow } from './messages.sql.js';

interface ConversationIds {
  agent: string;
  id: string;
}

export const TRANSCRIPTS: Record<
  'json' | 'csv' | 'md',
  {
    type: string;
    present: (
      of: ConversationIds,
      batches: AsyncIterable<MessageRow[]>,
      options: CsvQuery,
    ) => AsyncGenerator<string | Uint8Array>;
  }
> = {
  json: { type: 'application/json', present: asJson },
  csv: {
    type: 'text/csv; charset=utf-8',
    present: (_, batches, options) => presentCsv(messageFile, batches, options),
  },
  md: { type: 'text/markdown; charset=utf-8', present: asMarkdown },
};

async function* asJson({ agent, id }: ConversationIds, batches: AsyncIterable<MessageRow[]>) {
  yield `{"agent":${JSON.stringify(agent)},"conversation_id":${JSON.stringify(id)},"messages":[`;
  let separator = '\n';
  for await (const rows of batches) {
    yield separator + rows.map((row) => json(presentMessage(row))).join(',\n');
    separator = ',\n';
  }
  yield '\n]}\n';
}

/** What somebody wrote is quoted line by line, so that it cannot be taken for the frame around it. */
async function* asMarkdown({ agent, id }: ConversationIds, batches: AsyncIterable<MessageRow[]>) {
  yield `# Conversation ${inline(id)}\n\nAgent: ${inline(agent)}\n`;
  for await (const rows of batches) yield rows.map(block).join('');
}

function block(row: MessageRow): string {
  const pieces = parse(row.pieces) as { text: string | null; audio: unknown[] }[];
  const text = displayText(row.text, pieces);
  const spoken = textsOf(
    null,
    pieces.map(({ audio }) => ({ text: null, audio })),
  ).filter((transcript) => transcript !== null && !text?.includes(transcript));
  const said = [text ?? '', ...spoken].filter((part) => part !== '').join('\n') || '(no text)';
  const used = [
    row.total_tokens === null ? [] : [`${row.total_tokens} tokens`],
    row.total_credits === null ? [] : [`${row.total_credits} credits`],
  ].flat();
  const facts = [`**${row.message_type}**`, formatInstant(row.create_time), inline(row.id), ...used].join(
    ' · ',
  );
  return `\n${facts}\n\n${said.replace(/^/gmu, '> ')}\n`;
}

/** An id may hold any character, and is shown as code. */
const inline = (id: string): string => `\`${id.replace(/[`\r\n]/g, ' ')}\``;
