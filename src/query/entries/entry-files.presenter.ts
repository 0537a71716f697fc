import { stringify as json } from 'lossless-json';
import { FIGURES } from '../../ledger/figures.js';
import { type CsvQuery, type CsvWriter, csvWriter } from '../csv.js';
import { textCell } from '../text-cell.js';
import { formatInstant } from '../time/format.js';
import type { EntryRow } from './entries.sql.js';
import { presentEntry } from './entry.presenter.js';

export const ENTRY_HEADER = [
  'entry_id',
  'kind',
  'agent',
  'conversation_id',
  'message_id',
  'message_type',
  'revision',
  'delivery_id',
  'occurred_at',
  'recorded_at',
  ...FIGURES,
];

/** The lines of the CSV of entries, in chunks, as the rows come. What was not reported is empty. */
export async function* presentEntriesCsv(
  batches: AsyncIterable<EntryRow[]>,
  options: CsvQuery,
): AsyncGenerator<string> {
  const csv = csvWriter(options);
  // Together with the first rows: until they are there, what fails can be answered with an error.
  let header = csv.mark + csv.lines([ENTRY_HEADER]);
  for await (const rows of batches) {
    yield header + csv.lines(rows.map((row) => entryCells(row, csv)));
    header = '';
  }
  if (header !== '') yield header;
}

/** One entry a line, as the list shows it. */
export async function* presentEntriesNdjson(batches: AsyncIterable<EntryRow[]>): AsyncGenerator<string> {
  for await (const rows of batches) yield rows.map((row) => `${json(presentEntry(row))}\n`).join('');
}

export const entryCells = (row: EntryRow, csv: CsvWriter): string[] => [
  row.position,
  row.kind,
  textCell(row.agent_id),
  textCell(row.conversation_id),
  textCell(row.message_id),
  row.message_type,
  String(row.revision),
  row.delivery_id,
  formatInstant(row.occurred_at),
  formatInstant(row.recorded_at),
  ...csv.figures(row),
];
