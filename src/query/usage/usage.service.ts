import { Injectable } from '@nestjs/common';
import type { Key } from '../../access/keys.service.js';
import { Config } from '../../config.js';
import { DatabaseService } from '../../database/database.service.js';
import { AgentScope } from '../agent-scope.js';
import { bucketEdges } from '../time/bucket-edges.js';
import { readReportRange, type TimeRange } from '../time/range.js';
import { type ArrivalRow, arrivals } from './completeness.sql.js';
import type { UsageQuery } from './usage.dto.js';
import { type UsageRow, usagePerBucket } from './usage.sql.js';

export interface UsageReport {
  range: TimeRange;
  bucket: UsageQuery['bucket'];
  edges: Date[];
  totals: UsageRow;
  /** Only buckets that have messages. */
  rows: UsageRow[];
  arrivals: ArrivalRow;
}

/** What it cost. */
@Injectable()
export class UsageService {
  constructor(
    private readonly database: DatabaseService,
    private readonly agents: AgentScope,
    private readonly config: Config,
  ) {}

  async report(key: Key, query: UsageQuery): Promise<UsageReport> {
    const agents = await this.agents.of(key, query.agent);
    const range = readReportRange(query, this.config.reportTz, new Date());
    const edges = bucketEdges(range, query.bucket);
    const { prisma } = this.database;
    // One transaction, so that the totals and what is said about their completeness are of the same moment.
    const [usage, [arrived]] = await prisma.$transaction(
      [
        prisma.$queryRaw<UsageRow[]>(usagePerBucket(agents, edges)),
        prisma.$queryRaw<ArrivalRow[]>(arrivals(agents, range.from, range.to)),
      ],
      { isolationLevel: 'RepeatableRead' },
    );
    const [totals, ...rows] = usage;
    return { range, bucket: query.bucket, edges, totals: totals!, rows, arrivals: arrived! };
  }
}
