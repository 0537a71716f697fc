import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Key } from '../access/key.js';
import { AuditService } from '../audit/audit.service.js';
import { DatabaseService } from '../database/database.service.js';
import { type Agent, Prisma } from '../database/generated/client.js';
import { notFound, Problem } from '../errors/problem.js';
import { Cursors } from '../paging/cursor.js';
import { cutPage, type Page, type PageParameters } from '../paging/page.js';
import { AGENT_ID, type AgentChange, type NewAgent } from './agents.dto.js';

const QUESTION = ['agents'];

/** Who sends. Agents are never deleted: what they sent stays countable. */
@Injectable()
export class AgentsService {
  constructor(
    private readonly database: DatabaseService,
    private readonly audit: AuditService,
    private readonly cursors: Cursors,
  ) {}

  /** By id, bytewise. A key of one agent sees that agent alone. */
  async list({ agentId }: Key, { limit, cursor }: PageParameters): Promise<Page<Agent>> {
    const [after] = cursor === undefined ? [] : await this.cursors.read(QUESTION, cursor);
    const rows = await this.database.prisma.agent.findMany({
      where: { AND: [after ? { id: { gt: after } } : {}, agentId === null ? {} : { id: agentId }] },
      orderBy: { id: 'asc' },
      take: limit + 1,
    });
    return cutPage(this.cursors, QUESTION, rows, limit, ({ id }) => [id]);
  }

  /** @throws 404 */
  async one(id: string): Promise<Agent> {
    const agent = AGENT_ID.test(id) ? await this.database.prisma.agent.findUnique({ where: { id } }) : null;
    if (!agent) throw notFound('agent');
    return agent;
  }

  /** @throws 409 where there is one of this id */
  async make(request: FastifyRequest, { id, name, on_invalid }: NewAgent): Promise<Agent> {
    const data = { id, name: name ?? id, onInvalid: on_invalid ?? 'reject' };
    try {
      return await this.database.prisma.$transaction(async (transaction) => {
        const made = await transaction.agent.create({ data });
        const details = { name: made.name, on_invalid: made.onInvalid };
        await this.audit.record(
          request,
          { action: 'agent.created', agentId: id, subject: id, details },
          transaction,
        );
        return made;
      });
    } catch (error) {
      if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') throw idTaken();
      throw error;
    }
  }

  /** @throws 404 */
  async change(request: FastifyRequest, id: string, change: AgentChange): Promise<Agent> {
    const before = await this.one(id);
    const data = { name: change.name ?? before.name, onInvalid: change.on_invalid ?? before.onInvalid };
    if (data.name === before.name && data.onInvalid === before.onInvalid) return before;
    return this.database.prisma.$transaction(async (transaction) => {
      const after = await transaction.agent.update({
        where: { id },
        data: { name: change.name, onInvalid: change.on_invalid },
      });
      const details = { name: after.name, on_invalid: after.onInvalid };
      await this.audit.record(
        request,
        { action: 'agent.changed', agentId: id, subject: id, details },
        transaction,
      );
      return after;
    });
  }
}

const idTaken = () =>
  new Problem(409, 'There is an agent of this id already.', [
    { field: 'id', problem: 'must be an id that no agent has' },
  ]);
