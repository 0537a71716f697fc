/**
 * A backup is a gzip file of lines. The first is a `Header`; then each table is a line that names it, its rows as
 * PostgreSQL's COPY writes them as text, and `\.` alone on a line, which is never a row; the last is an `End`. It depends
 * on no version of PostgreSQL, and `zcat` shows it.
 */
export interface Header {
  format: 'convoledger-backup';
  version: 1;
  created_at: string;
  /** Those that the tables were made by. */
  migrations: string[];
  /** The months that need a partition before the rows come. */
  months: string[];
  /** About how many rows follow. */
  rows: number;
}

export interface TableLine {
  table: string;
  columns: string[];
}

/** Without it the file was cut. */
export interface End {
  end: true;
  rows: number;
  /** Of all bytes before this line, uncompressed. */
  sha256: string;
}

export const TERMINATOR = Buffer.from('\\.\n');

/** A file that is no whole backup, in a sentence for the operator. */
export class UnusableBackup extends Error {}
