import { Prisma } from '../../database/generated/client.js';
import { FIGURES } from '../../ledger/figures.js';
import type { GroupColumn } from './groups.js';
import type { Prices } from './prices.js';
import { priceRows, stretchOf } from './prices.sql.js';
import type { FigureTexts } from './usage.presenter.js';
import { COUNTS, currentRows, type Filter, rowsAsOf, SUMMED } from './usage-sources.sql.js';

/** The sums of one bucket and group. Counts are decimal texts, as figures are: no driver makes a double of them. */
export type UsageRow = FigureTexts &
  Record<(typeof COUNTS)[number], string> &
  Record<GroupColumn, string> & {
    /** Number of the bucket, from 1: the one between edges n - 1 and n. 0 for the sum of all of them. */
    bucket: number;
    cost: { currency: string; amount: string }[];
    /** The sum of credits of all buckets and groups for which no price holds. */
    unpriced_credits: string;
  };

/** What is to be summed, and how it is divided. */
export interface UsageQuestion {
  filter: Filter;
  /** Instants in rising order, from the beginning of the range to its end: one more than there are buckets. */
  edges: Date[];
  groups: GroupColumn[];
  sort: 'start' | 'credits';
  prices: Prices;
  /** Null for what is known now. */
  asOf: Date | null;
}

/** Which rows are wanted, of those in order. */
export interface Part {
  after: AfterRow | null;
  limit: number;
}

/** The row that a page begins after: its bucket, and where rows are grouped its groups and its credits. */
export interface AfterRow {
  bucket: number;
  groups: string[];
  credits: string | null;
}

/**
 * Comes before the questions below, in their transaction. Groups of 36 sums are wide: with its default of 4 MB PostgreSQL
 * sorts the rows through files (23 MB for 100,000 quarters of an hour) where it could add them up as they come.
 */
export const sumInMemory = Prisma.sql`set local work_mem = '64MB'`;

/**
 * The sum of everything, and then the rows of a page in order. Without groups, buckets without messages have no row and
 * count all the same: a page is `limit` buckets. With groups, one row more than `limit` says that there is a next page.
 */
export function usagePage(question: UsageQuestion, { after, limit }: Part): Prisma.Sql {
  if (question.groups.length > 0) {
    const start = after ? Prisma.sql`and ${isAfter(question, after)}` : Prisma.empty;
    return Prisma.sql`${summed(question)} where s.bucket = 0 or (s.bucket > 0 ${start})
      order by (s.bucket > 0), ${order(question)} limit ${limit + 2}`;
  }
  const first = after?.bucket ?? 0;
  return Prisma.sql`${summed(question)}
    where s.bucket = 0 or (s.bucket > ${first} and s.bucket <= ${first + limit}) order by s.bucket`;
}

/** All rows in order, without the sum of them. */
export const usageRows = (question: UsageQuestion): Prisma.Sql =>
  Prisma.sql`${summed(question)} where s.bucket > 0 order by ${order(question)}`;

const raw = (texts: string[]) => Prisma.raw(texts.join(', '));

/** Everything up to the choice of rows, which are called `s`. */
function summed(question: UsageQuestion): Prisma.Sql {
  const { filter, edges, groups, prices, asOf } = question;
  const rows = asOf
    ? rowsAsOf(filter, asOf)
    : currentRows(filter, [...edges, ...prices.edges], groups.includes('conversation_id'));
  // What is divided no further: by agent and stretch too, since these decide what a credit costs.
  const finest = [...new Set<string>(['agent_id', ...groups])];
  const keys = ['bucket', ...groups];
  // The sum of everything has no bucket and no groups.
  const named = [
    'coalesce(bucket, 0) as bucket',
    ...groups.map((name) => `coalesce(${name}, '') as ${name}`),
  ];
  return Prisma.sql`
    with fine as (
      select width_bucket(at, ${edges}::timestamptz[]) as bucket, ${stretchOf('at', prices)} as stretch,
             ${raw(finest)}, ${raw(SUMMED.map((name) => `sum(${name}) as ${name}`))}
      from (${rows}) as part
      group by 1, 2, ${raw(finest.map((_, index) => String(index + 3)))}
    ), summed as (
      select ${raw(named)}, ${raw([...COUNTS.map(count), ...FIGURES.map(figure)])}
      from fine group by grouping sets ((), (${raw(keys)}))
    ), rated as materialized (
      select ${raw(keys)}, total_credits, price.currency, price.per_credit
      from fine left join (${priceRows(prices)}) as price
        on price.agent = fine.agent_id and fine.stretch between price.first and price.last
      where fine.total_credits_reporters > 0
    ), priced as (
      select ${raw(named)}, currency, trim_scale(sum(total_credits * per_credit))::text as amount
      from rated where currency is not null
      group by grouping sets ((currency), (currency, ${raw(keys)}))
    ), unpriced as (
      select coalesce(trim_scale(sum(total_credits)), 0)::text as credits from rated where currency is null
    ), cost as (
      select ${raw(keys)}, json_agg(json_build_object('currency', currency, 'amount', amount) order by currency collate "C") as cost
      from priced group by ${raw(keys)}
    )
    select ${raw(keys.map((name) => `s.${name}`))}, ${raw(COUNTS.map((name) => `s.${name}::text`))},
           ${raw(FIGURES.map((name) => `trim_scale(s.${name})::text as ${name}`))}, coalesce(cost.cost, '[]') as cost,
           (select credits from unpriced) as unpriced_credits
    from summed s left join cost using (${raw(keys)})`;
}

const count = (name: string) => `coalesce(sum(${name}), 0) as ${name}`;

const figure = (name: string) => `case when sum(${name}_reporters) > 0 then sum(${name}) end as ${name}`;

function order({ sort, groups }: UsageQuestion): Prisma.Sql {
  const key = sort === 'credits' ? 's.total_credits desc nulls last' : 's.bucket';
  return raw([key, ...groups.map((name) => `s.${name}`)]);
}

function isAfter({ sort, groups }: UsageQuestion, after: AfterRow): Prisma.Sql {
  const columns = raw(groups.map((name) => `s.${name}`));
  if (sort === 'start') {
    return Prisma.sql`(s.bucket, ${columns}) > (${after.bucket}::int, ${Prisma.join(after.groups)})`;
  }
  const ofSameCredits = Prisma.sql`(${columns}) > (${Prisma.join(after.groups)})`;
  if (after.credits === null) return Prisma.sql`s.total_credits is null and ${ofSameCredits}`;
  const credits = Prisma.sql`${after.credits}::text::numeric`;
  return Prisma.sql`(s.total_credits < ${credits} or s.total_credits is null
    or (s.total_credits = ${credits} and ${ofSameCredits}))`;
}
