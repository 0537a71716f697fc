import { Injectable } from '@nestjs/common';
import type { Key } from '../../access/key.js';
import { Config } from '../../config.js';
import { DatabaseService } from '../../database/database.service.js';
import type { Prisma } from '../../database/generated/client.js';
import { badRequest } from '../../errors/problem.js';
import { Cursors, type Position } from '../../paging/cursor.js';
import { RecordedBy } from '../../recorded-by/recorded-by.service.js';
import { AgentScope, onlyOne } from '../agent-scope.js';
import { refuseCsvParameters } from '../csv.js';
import { RowStreams } from '../row-streams.js';
import { type Bucket, bucketEdges } from '../time/bucket-edges.js';
import { readReportRange, type TimeRange } from '../time/range.js';
import { readAsOf } from './as-of.js';
import { type ArrivalRow, arrivals } from './completeness.sql.js';
import { cumulativeAgents } from './cumulative.js';
import { type ConversationCourse, conversationCourses } from './cumulative.sql.js';
import { type Group, type GroupColumn, groupColumns } from './groups.js';
import { type Moment, readMoment } from './moment.sql.js';
import { type PriceRow, type Prices, pricesIn } from './prices.js';
import { pricesKnownAt } from './prices.sql.js';
import { settle } from './settle.js';
import type { UsageQuery } from './usage.dto.js';
import {
  type AfterRow,
  sumInMemory,
  type UsageQuestion,
  type UsageRow,
  usagePage,
  usageRows,
} from './usage.sql.js';
import type { Filter } from './usage-sources.sql.js';

const PAGE = 1_000;
/** Milliseconds for all statements of one answer; each of them has a time-out of its own. */
const ANSWER_TIMEOUT = 30_000;

/** What an answer is about, apart from its rows. */
export interface UsageHead {
  range: TimeRange;
  bucket: Bucket;
  groupBy: Group[];
  groups: GroupColumn[];
  edges: Date[];
}

export interface UsageReport extends UsageHead {
  totals: UsageRow;
  /** The page's rows in order; without groups only those of buckets that have messages. */
  rows: UsageRow[];
  /** Without groups: the numbers of the first and last bucket of the page. */
  buckets: { first: number; last: number };
  prices: Prices;
  arrivals: ArrivalRow;
  looksCumulative: string[];
  nextCursor: string | null;
}

export interface UsageExport extends UsageHead {
  /** All rows in order, as `UsageReport` has those of a page. */
  batches: AsyncGenerator<UsageRow[]>;
}

/** The question as it was understood. */
interface Asked extends UsageHead {
  filter: Filter;
  /** Null for what is known now. */
  moment: Moment | null;
  after: AfterRow | null;
  /** What the cursors of the question's pages are signed with. */
  question: unknown;
}

type Reader = Pick<Prisma.TransactionClient, '$queryRaw'>;

/** What it cost. */
@Injectable()
export class UsageService {
  constructor(
    private readonly database: DatabaseService,
    private readonly agents: AgentScope,
    private readonly cursors: Cursors,
    private readonly streams: RowStreams,
    private readonly recordedBy: RecordedBy,
    private readonly config: Config,
  ) {}

  async report(key: Key, query: UsageQuery): Promise<UsageReport> {
    const asked = await this.understand(key, query);
    const { filter, moment, after, edges, groups } = asked;
    const limit = query.limit ?? PAGE;
    // One snapshot, so that the totals, what is said about their completeness and the cursor are of the same moment.
    const read = await this.database.prisma.$transaction(
      async (reader) => {
        await reader.$executeRaw(sumInMemory);
        const [now] = await reader.$queryRaw<Moment[]>(readMoment);
        const prices = await this.prices(reader, asked);
        const question = questionOf(asked, query.sort, prices);
        const [totals, ...rows] = await reader.$queryRaw<UsageRow[]>(usagePage(question, { after, limit }));
        const [arrived] = await reader.$queryRaw<ArrivalRow[]>(arrivals(filter, moment));
        const courses = await reader.$queryRaw<ConversationCourse[]>(
          conversationCourses(filter, moment?.ledger ?? null),
        );
        return { now: now!, prices, totals: totals!, rows, arrived: arrived!, courses };
      },
      { isolationLevel: 'RepeatableRead', timeout: ANSWER_TIMEOUT },
    );
    const first = (after?.bucket ?? 0) + 1;
    const last = Math.min(first + limit, edges.length) - 1;
    const rows = read.rows.slice(0, limit);
    const hasNext = groups.length > 0 ? read.rows.length > limit : last < edges.length - 1;
    const lastRow = groups.length > 0 ? rows.at(-1) : undefined;
    const nextCursor = hasNext
      ? await this.cursors.make(
          asked.question,
          positionAfter(asked, moment ?? read.now, {
            bucket: lastRow?.bucket ?? last,
            credits: lastRow?.total_credits ?? null,
            groups: groups.map((name) => lastRow?.[name] ?? ''),
          }),
        )
      : null;
    return {
      ...asked,
      totals: read.totals,
      rows,
      buckets: { first, last },
      prices: read.prices,
      arrivals: read.arrived,
      looksCumulative: cumulativeAgents(read.courses),
      nextCursor,
    };
  }

  /** The same rows, all of them, read as they are taken. */
  async export(key: Key, query: UsageQuery): Promise<UsageExport> {
    const asked = await this.understand(key, query);
    const prices = await this.prices(this.database.prisma, asked);
    const batches = this.streams.read<UsageRow>(usageRows(questionOf(asked, query.sort, prices)));
    return { ...asked, batches };
  }

  /** @throws 400 for parameters that cannot be, or not together; 409 for a conversation id that two agents have */
  private async understand(key: Key, query: UsageQuery): Promise<Asked> {
    refuseContradictions(query);
    const agents = await this.agents.of(key, query.agent);
    if (query.conversation_id !== undefined) {
      const having = await this.agents.havingConversation(agents, query.conversation_id);
      if (having.length > 1) onlyOne(having, 'conversation');
    }
    // How a CSV is written says nothing of its rows; `bom` stays for the cursors that were made with it.
    const { cursor, limit, delimiter: _delimiter, ...parameters } = query;
    const question = ['usage', key.agentId, Object.entries(parameters).sort()];
    const resumed = cursor === undefined ? null : readPosition(await this.cursors.read(question, cursor));
    const today = readReportRange(query, this.config.reportTz, new Date());
    // "This month" is that of the first page, also where the next one is asked for after midnight.
    const range = { ...today, ...resumed?.range };
    const edges = bucketEdges(range, query.bucket);
    const asOf = query.as_of === undefined ? null : readAsOf(query.as_of, range.tz);
    if (asOf !== null && !resumed) await settle(this.recordedBy, asOf);
    return {
      range,
      bucket: query.bucket,
      groupBy: query.group_by ?? [],
      groups: groupColumns(query.group_by ?? []),
      edges,
      filter: {
        agents,
        conversationId: query.conversation_id,
        messageType: query.message_type,
        from: range.from,
        to: range.to,
      },
      moment: resumed?.moment ?? (asOf && { ledger: asOf, clock: asOf }),
      after: resumed?.after ?? null,
      question,
    };
  }

  private async prices(reader: Reader, { filter, moment, range }: Asked): Promise<Prices> {
    const rows = await reader.$queryRaw<PriceRow[]>(pricesKnownAt(filter.agents, moment?.ledger ?? null));
    return pricesIn(range, rows);
  }
}

function refuseContradictions(query: UsageQuery): void {
  const { sort, bucket, format, limit, cursor } = query;
  if (sort === 'credits' && bucket !== 'none')
    throw badRequest('sort', 'must be start unless bucket is none');
  refuseCsvParameters(format, query);
  if (format === 'csv' && limit !== undefined)
    throw badRequest('limit', 'must not be given where format is csv, which has all rows');
  if (format === 'csv' && cursor !== undefined)
    throw badRequest('cursor', 'must not be given where format is csv, which has all rows');
}

const questionOf = (
  { filter, edges, groups, moment }: Asked,
  sort: UsageQuestion['sort'],
  prices: Prices,
): UsageQuestion => ({ filter, edges, groups, sort, prices, asOf: moment?.ledger ?? null });

function positionAfter({ range }: Asked, { ledger, clock }: Moment, after: AfterRow): Position {
  const instants = [ledger, clock, range.from, range.to].map((instant) => instant.toISOString());
  return [...instants, String(after.bucket), after.credits, ...after.groups];
}

function readPosition(position: Position): {
  moment: Moment;
  range: { from: Date; to: Date };
  after: AfterRow;
} {
  const [ledger, clock, from, to, bucket, credits, ...groups] = position;
  const instant = (text: string | null | undefined) => new Date(String(text));
  return {
    moment: { ledger: instant(ledger), clock: instant(clock) },
    range: { from: instant(from), to: instant(to) },
    after: { bucket: Number(bucket), credits: credits ?? null, groups: groups.map(String) },
  };
}
