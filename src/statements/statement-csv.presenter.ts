import { isLosslessNumber, parse } from 'lossless-json';
import { FIGURES } from '../ledger/figures.js';
import { type CsvQuery, type CsvWriter, csvWriter } from '../query/csv.js';
import { textCell } from '../query/text-cell.js';

/** Where each figure stands in the usage object. */
const PATHS: Record<(typeof FIGURES)[number], string[]> = {
  total_tokens: ['tokens', 'total_tokens'],
  prompt_tokens: ['tokens', 'prompt_tokens'],
  completion_tokens: ['tokens', 'completion_tokens'],
  prompt_text_tokens: ['tokens', 'prompt_tokens_details', 'text_tokens'],
  prompt_audio_tokens: ['tokens', 'prompt_tokens_details', 'audio_tokens'],
  completion_text_tokens: ['tokens', 'completion_tokens_details', 'text_tokens'],
  completion_audio_tokens: ['tokens', 'completion_tokens_details', 'audio_tokens'],
  completion_reasoning_tokens: ['tokens', 'completion_tokens_details', 'reasoning_tokens'],
  total_credits: ['credits', 'total_credits'],
  text_input_credits: ['credits', 'text_input_credits'],
  text_output_credits: ['credits', 'text_output_credits'],
  audio_input_credits: ['credits', 'audio_input_credits'],
  audio_output_credits: ['credits', 'audio_output_credits'],
};

type Figures = Record<(typeof FIGURES)[number], string | null>;

interface Sums {
  messages: unknown;
  messages_with_usage: unknown;
  usage: unknown;
  cost: { currency: string; amount: string }[];
}

interface Document {
  period: string;
  totals: Sums;
  days: (Sums & { start: string })[];
  agents: (Sums & { agent: string })[];
  invoiced_credits: string | null;
  difference: string | null;
}

const HEADER = ['row', 'date', 'agent', 'messages', 'messages_with_usage', ...FIGURES, 'currency', 'cost'];

/**
 * The document as a table: its days, its agents, its total, and what was invoiced. All of it is ASCII, so that spreadsheets
 * need no byte order mark, though they may have one. Dates are written as spreadsheets recognise them. The first column
 * says what a line is, since days and agents each add up to the total. A second currency has a line of its own, without
 * figures.
 */
export function presentStatementCsv(bytes: Uint8Array, options: CsvQuery): string {
  const document = parse(Buffer.from(bytes).toString('utf8')) as Document;
  const csv = csvWriter(options);
  const lines = [
    HEADER,
    ...document.days.flatMap((day) => linesOf(['day', day.start.slice(0, 10), ''], day, csv)),
    ...document.agents.flatMap((agent) =>
      linesOf(['agent', document.period, textCell(agent.agent)], agent, csv),
    ),
    ...linesOf(['total', document.period, ''], document.totals, csv),
    ...invoiceLines(document, csv),
  ];
  return csv.mark + csv.lines(lines);
}

function linesOf(
  key: string[],
  { messages, messages_with_usage, usage, cost }: Sums,
  csv: CsvWriter,
): string[][] {
  const texts = Object.fromEntries(FIGURES.map((name) => [name, textOf(at(usage, PATHS[name]))])) as Figures;
  const figures = [String(messages), String(messages_with_usage), ...csv.figures(texts)];
  const [first = ['', ''], ...others] = cost.map(({ currency, amount }) => [currency, csv.decimal(amount)]);
  const blank = figures.map(() => '');
  return [[...key, ...figures, ...first], ...others.map((price) => [...key, ...blank, ...price])];
}

function invoiceLines({ period, invoiced_credits, difference }: Document, csv: CsvWriter): string[][] {
  if (invoiced_credits === null) return [];
  const line = (row: string, credits: string | null) =>
    HEADER.map((name) => ({ row, date: period, total_credits: csv.decimal(credits ?? '') })[name] ?? '');
  return [line('invoiced', invoiced_credits), line('difference', difference)];
}

/** A member of a group that may be null, as may be the groups around it. */
function at(value: unknown, path: string[]): unknown {
  return path.reduce<unknown>(
    (group, name) => (group === null ? null : (group as Record<string, unknown>)[name]),
    value,
  );
}

function textOf(figure: unknown): string | null {
  if (figure === null || figure === undefined) return null;
  return isLosslessNumber(figure) ? figure.value : String(figure);
}
