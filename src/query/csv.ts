import { IsIn, IsOptional } from 'class-validator';
import { stringify } from 'csv-stringify/sync';
import { badRequest } from '../errors/problem.js';
import { CREDIT_FIGURES, FIGURES } from '../ledger/figures.js';
import { IsFlag } from './is-flag.js';

const BYTE_ORDER_MARK = '\uFEFF';
const DELIMITERS = { comma: ',', semicolon: ';', tab: '\t' };
type Delimiter = keyof typeof DELIMITERS;

/** How a CSV is written: the parameters of every route that answers one. */
export class CsvQuery {
  @IsFlag()
  bom = false;

  @IsOptional()
  @IsIn(Object.keys(DELIMITERS), { message: 'must be comma, semicolon or tab' })
  delimiter: Delimiter = 'comma';
}

/** @throws 400 for parameters of a CSV where another format is asked for */
export function refuseCsvParameters(format: string, { bom, delimiter }: CsvQuery): void {
  if (format === 'csv') return;
  if (bom) throw badRequest('bom', 'must not be true unless format is csv');
  if (delimiter !== 'comma') throw badRequest('delimiter', `must not be ${delimiter} unless format is csv`);
}

/** Writes one CSV. */
export interface CsvWriter {
  /** What the file begins with. */
  mark: string;
  /** RFC 4180. */
  lines: (cells: string[][]) => string;
  /** A number as a cell. With a semicolon its point is a comma, as spreadsheets expect it where commas are decimal. */
  decimal: (plain: string) => string;
  /** The figures of a row as cells; empty where nothing was reported. */
  figures: (row: Record<(typeof FIGURES)[number], string | null>) => string[];
}

const WITH_COMMA = new Set<string>(CREDIT_FIGURES);

export function csvWriter({ bom, delimiter }: CsvQuery): CsvWriter {
  const isDecimalComma = delimiter === 'semicolon';
  const decimal = (plain: string) => (isDecimalComma ? plain.replace('.', ',') : plain);
  // A field with a lone CR or LF needs its quotes as much as one with both.
  const options = {
    delimiter: DELIMITERS[delimiter],
    record_delimiter: 'windows',
    quoted_match: /[\r\n]/,
  } as const;
  return {
    mark: bom ? BYTE_ORDER_MARK : '',
    lines: (cells) => stringify(cells, options),
    decimal,
    figures: (row) =>
      FIGURES.map((name) => {
        const figure = row[name];
        if (figure === null) return '';
        return isDecimalComma && WITH_COMMA.has(name) ? decimal(figure) : figure;
      }),
  };
}
