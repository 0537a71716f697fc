import { Prisma } from '../database/generated/client.js';

/** What a list shows of the documents, so that nobody needs each of them to compare invoices. */
export interface StatementFigures {
  id: string;
  credits: string | null;
  cost: { currency: string; amount: string }[];
  invoiced_credits: string | null;
  difference: string | null;
}

/** Read from the stored bytes, which are what was handed out. */
export const figuresOf = (ids: string[]) => Prisma.sql`
  select s.id::text, d.totals -> 'usage' -> 'credits' ->> 'total_credits' as credits, d.cost, d.invoiced_credits, d.difference
  from statement s
  cross join lateral json_to_record(convert_from(s.document, 'UTF8')::json)
    as d (totals json, cost json, invoiced_credits text, difference text)
  where s.id = any (${ids}::uuid[])`;
