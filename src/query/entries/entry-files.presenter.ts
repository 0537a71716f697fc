import { stringify as csv } from 'csv-stringify/sync';
import { stringify as json } from 'lossless-json';
import { FIGURES } from '../../ledger/figures.js';
import { textCell } from '../text-cell.js';
import { formatInstant } from '../time/format.js';
import type { EntryRow } from './entries.sql.js';
import { presentEntry } from './entry.presenter.js';

const BYTE_ORDER_MARK = '\uFEFF';
const HEADER = [
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
  bom: boolean,
): AsyncGenerator<string> {
  // Together with the first rows: until they are there, what fails can be answered with an error.
  let header = (bom ? BYTE_ORDER_MARK : '') + lines([HEADER]);
  for await (const rows of batches) {
    yield header + lines(rows.map(cellsOf));
    header = '';
  }
  if (header !== '') yield header;
}

/** One entry a line, as the list shows it. */
export async function* presentEntriesNdjson(batches: AsyncIterable<EntryRow[]>): AsyncGenerator<string> {
  for await (const rows of batches) yield rows.map((row) => `${json(presentEntry(row))}\n`).join('');
}

const cellsOf = (row: EntryRow): string[] => [
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
  ...FIGURES.map((name) => row[name] ?? ''),
];

// A field with a lone CR or LF needs its quotes as much as one with both.
const lines = (cells: string[][]): string =>
  csv(cells, { record_delimiter: 'windows', quoted_match: /[\r\n]/ });
