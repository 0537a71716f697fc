import { FIGURES } from '../../ledger/figures.js';
import { type CsvQuery, type CsvWriter, csvWriter } from '../csv.js';
import { textCell } from '../text-cell.js';
import { formatLocal } from '../time/format.js';
import { GROUP_NAMES } from './groups.js';
import type { UsageExport, UsageHead } from './usage.service.js';
import type { UsageRow } from './usage.sql.js';

const COUNTS = ['messages', 'messages_with_usage'] as const;

/** Lines that are written at once. */
const CHUNK = 1_000;

/** The usage CSV in chunks, as the rows come. What is unknown is empty. */
export async function* presentUsageCsv(usage: UsageExport, options: CsvQuery): AsyncGenerator<string> {
  const csv = csvWriter(options);
  let { mark } = csv;
  let lines: string[][] = [];
  for await (const line of linesOf(usage, csv)) {
    lines.push(line);
    if (lines.length < CHUNK) continue;
    yield mark + csv.lines(lines);
    mark = '';
    lines = [];
  }
  yield mark + csv.lines(lines);
}

async function* linesOf(usage: UsageExport, csv: CsvWriter): AsyncGenerator<string[]> {
  const groups = usage.groups.map((name) => GROUP_NAMES[name]);
  yield ['start', 'end', ...groups, ...COUNTS, ...FIGURES, 'currency', 'cost'];
  // Without groups, buckets without messages have lines too.
  let gap = usage.groups.length === 0 ? 1 : Number.POSITIVE_INFINITY;
  for await (const rows of usage.batches) {
    for (const row of rows) {
      for (; gap < row.bucket; gap++) yield emptyLine(usage, gap);
      yield* rowLines(usage, row, csv);
      gap += 1;
    }
  }
  for (; gap < usage.edges.length; gap++) yield emptyLine(usage, gap);
}

function rowLines(usage: UsageExport, row: UsageRow, csv: CsvWriter): string[][] {
  const key = [...bounds(usage, row.bucket), ...usage.groups.map((name) => textCell(row[name]))];
  const figures = [...COUNTS.map((name) => row[name]), ...csv.figures(row)];
  const [first, ...others] = row.cost.map(({ currency, amount }) => [
    textCell(currency),
    csv.decimal(amount),
  ]);
  // Another currency has a line of its own, without figures: whoever adds a column up counts them once.
  const blank = figures.map(() => '');
  return [[...key, ...figures, ...(first ?? ['', ''])], ...others.map((cost) => [...key, ...blank, ...cost])];
}

/** A bucket without messages. */
const emptyLine = (usage: UsageExport, bucket: number): string[] => [
  ...bounds(usage, bucket),
  ...COUNTS.map(() => '0'),
  ...FIGURES.map(() => ''),
  '',
  '',
];

const bounds = ({ edges, range }: UsageHead, bucket: number) => [
  formatLocal(edges[bucket - 1]!, range.tz),
  formatLocal(edges[bucket]!, range.tz),
];
