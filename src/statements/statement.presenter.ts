import { parse } from 'lossless-json';
import type { Statement } from '../database/generated/client.js';
import type { EntryRow } from '../query/entries/entries.sql.js';
import { presentEntry } from '../query/entries/entry.presenter.js';
import { formatInstant } from '../query/time/format.js';
import type { UsageRow } from '../query/usage/usage.sql.js';
import { presentSums } from '../query/usage/usage-report.presenter.js';
import type { StatementFigures } from './statement-figures.sql.js';

/** What a list shows of a statement. */
export type StatementRow = Omit<Statement, 'document' | 'invoicedCredits'> & {
  replacedBy: string | null;
  figures: StatementFigures;
};

/** A statement with its document, and what was learnt since. */
export interface StatementWhole extends StatementRow {
  document: Uint8Array;
  restatements: EntryRow[];
  restatedTotals: UsageRow;
}

export const presentStatementRow = (row: StatementRow): object => ({
  id: row.id,
  period: row.period,
  tz: row.tz,
  agent: row.agentId,
  closed_at: formatInstant(row.closedAt),
  closed_by: row.closedByKey === null ? null : { key_id: row.closedByKey, label: row.closedBy },
  replaces: row.replaces,
  replaced_by: row.replacedBy,
  reason: row.reason,
  credits: row.figures.credits,
  cost: row.figures.cost,
  invoiced_credits: row.figures.invoiced_credits,
  difference: row.figures.difference,
  sha256: Buffer.from(row.sha256).toString('hex'),
});

export const presentStatement = (whole: StatementWhole): object => ({
  ...presentStatementRow(whole),
  document: parse(Buffer.from(whole.document).toString('utf8')),
  restatements: whole.restatements.map(presentEntry),
  restated_totals: presentSums(whole.restatedTotals),
});
