import { stringify as json } from 'lossless-json';
import { displayText } from '../../history/display-text.js';
import { FIGURES } from '../../ledger/figures.js';
import { type CsvQuery, type CsvWriter, csvWriter } from '../csv.js';
import type { EntryRow } from '../entries/entries.sql.js';
import { presentEntry } from '../entries/entry.presenter.js';
import { ENTRY_HEADER, entryCells } from '../entries/entry-files.presenter.js';
import { presentBody } from '../history/delivery.presenter.js';
import { presentMessage } from '../history/message.presenter.js';
import type { MessageRow } from '../history/messages.sql.js';
import { textCell } from '../text-cell.js';
import { formatInstant } from '../time/format.js';
import { type FigureTexts, presentUsage } from '../usage/usage.presenter.js';
import type { Format, Kind } from './export.dto.js';
import type { ExportedDelivery } from './export.sql.js';
import type { MessageLine } from './message-line.sql.js';

const NEWLINE = 0x0a;

interface Presenter<Row> {
  /** A line of JSON. */
  line: (row: Row) => string;
  header: string[];
  cells: (row: Row, csv: CsvWriter) => string[];
}

export const messageFile: Presenter<MessageRow> = {
  line: (row) => json(presentMessage(row))!,
  header: [
    'agent',
    'conversation_id',
    'message_id',
    'message_type',
    'create_time',
    'received_at',
    'revision',
    'text',
    ...FIGURES,
  ],
  cells: (row, csv) => [
    textCell(row.agent_id),
    textCell(row.conversation_id),
    textCell(row.id),
    row.message_type,
    formatInstant(row.create_time),
    formatInstant(row.received_at),
    String(row.revision),
    textCell(displayText(row.text, JSON.parse(row.pieces)) ?? ''),
    ...csv.figures(row),
  ],
};

/** A delivery with its bytes, from which an import makes the same archive again. */
const presentDelivery = (row: ExportedDelivery) => ({
  agent: row.agent_id,
  delivery_id: row.id,
  received_at: formatInstant(row.received_at),
  outcome: row.outcome,
  quarantine: row.quarantine,
  conversation_id: row.conversation_id,
  message_id: row.message_id,
  sha256: row.sha256,
  ...presentBody(row.body),
});

const DELIVERY_HEADER = [
  'agent',
  'delivery_id',
  'received_at',
  'outcome',
  'quarantine',
  'conversation_id',
  'message_id',
  'sha256',
  'body',
  'body_base64',
];

const PRESENTERS = {
  messages: messageFile,
  deliveries: {
    line: (row) => JSON.stringify(presentDelivery(row)),
    header: DELIVERY_HEADER,
    cells: (row) => {
      const shown: Record<string, string | null> = presentDelivery(row);
      return DELIVERY_HEADER.map((name) => textCell(shown[name] ?? ''));
    },
  } satisfies Presenter<ExportedDelivery>,
  entries: {
    line: (row) => json(presentEntry(row))!,
    header: ENTRY_HEADER,
    cells: entryCells,
  } satisfies Presenter<EntryRow>,
};

/** The lines of a file of any kind, in chunks, as the rows come. */
export const presentExport = (
  kind: Kind,
  format: Format,
  batches: AsyncIterable<object[]>,
  options: CsvQuery,
): AsyncGenerator<string | Uint8Array> =>
  kind === 'messages' && format === 'ndjson'
    ? finishLines(batches as AsyncIterable<MessageLine[]>)
    : format === 'ndjson'
      ? presentLines(PRESENTERS[kind] as Presenter<object>, batches)
      : presentCsv(PRESENTERS[kind] as Presenter<object>, batches, options);

async function* finishLines(batches: AsyncIterable<MessageLine[]>): AsyncGenerator<Uint8Array> {
  for await (const rows of batches)
    yield encodeLines(rows.map(({ line, figures }) => `${line}${usageOf(figures)}}`));
}

function usageOf(row: string): string {
  const texts = row.slice(1, -1).split(',');
  return json(
    presentUsage(Object.fromEntries(FIGURES.map((name, k) => [name, texts[k] || null])) as FigureTexts),
  )!;
}

async function* presentLines<Row>(
  { line }: Presenter<Row>,
  batches: AsyncIterable<Row[]>,
): AsyncGenerator<Uint8Array> {
  for await (const rows of batches) yield encodeLines(rows.map(line));
}

export async function* presentCsv<Row>(
  { header, cells }: Presenter<Row>,
  batches: AsyncIterable<Row[]>,
  options: CsvQuery,
): AsyncGenerator<string> {
  const csv = csvWriter(options);
  yield csv.mark + csv.lines([header]);
  for await (const rows of batches) yield csv.lines(rows.map((row) => cells(row, csv)));
}

/** Line by line: joined, texts of one script make the whole two bytes wide, which takes twice the time to join and encode. */
function encodeLines(lines: string[]): Buffer {
  const bytes = Buffer.allocUnsafe(lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0));
  let at = 0;
  for (const line of lines) {
    at += bytes.write(line, at);
    bytes[at++] = NEWLINE;
  }
  return bytes;
}
