import { Injectable } from '@nestjs/common';
import { Config } from '../config.js';
import { DatabaseService } from '../database/database.service.js';
import type { AuditEvent, Prisma } from '../database/generated/client.js';
import { badRequest } from '../errors/problem.js';
import { Cursors } from '../paging/cursor.js';
import { cutPage, type Page } from '../paging/page.js';
import { readListRange } from '../query/time/range.js';
import type { AuditQuery } from './audit.dto.js';

/** Reads what `AuditService` recorded. */
@Injectable()
export class AuditTrailService {
  constructor(
    private readonly database: DatabaseService,
    private readonly cursors: Cursors,
    private readonly config: Config,
  ) {}

  /** Newest first. @throws 400 */
  async list(query: AuditQuery): Promise<Page<AuditEvent>> {
    const { agent, action, limit } = query;
    const { from, to } = readListRange(query, this.config.reportTz);
    if (agent !== undefined && !(await this.database.prisma.agent.findUnique({ where: { id: agent } })))
      throw badRequest('agent', 'must be the id of an agent of this instance');
    const question = ['audit', agent, action, from, to];
    const [at, id] = query.cursor === undefined ? [] : await this.cursors.read(question, query.cursor);
    const where: Prisma.AuditEventWhereInput = {
      agentId: agent,
      action,
      at: { gte: from ?? undefined, lt: to ?? undefined },
      ...(at && id ? { OR: [{ at: { lt: at } }, { at, id: { lt: BigInt(id) } }] } : {}),
    };
    const rows = await this.database.prisma.auditEvent.findMany({
      where,
      orderBy: [{ at: 'desc' }, { id: 'desc' }],
      take: limit + 1,
    });
    return cutPage(this.cursors, question, rows, limit, (row) => [row.at.toISOString(), String(row.id)]);
  }
}
