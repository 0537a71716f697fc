import { Injectable } from '@nestjs/common';
import type { Key } from '../../access/key.js';
import { Config } from '../../config.js';
import { DatabaseService } from '../../database/database.service.js';
import { Cursors } from '../../paging/cursor.js';
import { cutPage, type Page } from '../../paging/page.js';
import { AgentScope } from '../agent-scope.js';
import { readListRange } from '../time/range.js';
import { type ArrivalRow, arrivals } from './arrivals.sql.js';
import type { DeliveriesQuery } from './lists.dto.js';

/** What arrived, whatever became of it. */
@Injectable()
export class ArrivalsService {
  constructor(
    private readonly database: DatabaseService,
    private readonly agents: AgentScope,
    private readonly cursors: Cursors,
    private readonly config: Config,
  ) {}

  /** @throws 400, and 403 for another agent than the key's own */
  async list(key: Key, query: DeliveriesQuery): Promise<Page<ArrivalRow>> {
    const { outcome, order, limit, cursor } = query;
    const agents = await this.agents.of(key, query.agent);
    const range = readListRange(query, this.config.reportTz);
    const question = ['arrivals', key.agentId ?? query.agent, range, outcome?.toSorted(), order];
    const after = await this.cursors.readRow(question, cursor);
    const rows = await this.database.prisma.$queryRaw<ArrivalRow[]>(
      arrivals(agents, { range, outcomes: outcome }, order, after, limit + 1),
    );
    return cutPage(this.cursors, question, rows, limit, (row) => [
      row.received_at.toISOString(),
      row.agent_id,
      row.id,
    ]);
  }
}
