import { Injectable } from '@nestjs/common';
import type { Key } from '../access/key.js';
import { DatabaseService } from '../database/database.service.js';
import { badRequest, Problem } from '../errors/problem.js';

/** Which agents an answer may speak of. */
@Injectable()
export class AgentScope {
  constructor(private readonly database: DatabaseService) {}

  /**
   * The agents that a key may see and that were asked for, in bytewise order; all of them where none was named.
   * @throws 403 for another agent than the key's own, 400 for an agent that does not exist
   */
  async of(key: Key, asked: string | undefined): Promise<string[]> {
    if (key.agentId !== null) {
      if (asked !== undefined && asked !== key.agentId)
        throw new Problem(403, 'This key is of another agent.');
      return [key.agentId];
    }
    const agents = await this.database.prisma.agent.findMany({
      select: { id: true },
      orderBy: { id: 'asc' },
    });
    const ids = agents.map(({ id }) => id);
    if (asked === undefined) return ids;
    if (!ids.includes(asked)) throw badRequest('agent', 'must be the id of an agent of this instance');
    return [asked];
  }

  /** Those of the agents that have a conversation of this id. More than two are not told apart from two. */
  async havingConversation(agents: string[], id: string): Promise<string[]> {
    const found = await this.database.prisma.conversation.findMany({
      where: { id, agentId: { in: agents } },
      select: { agentId: true },
      take: 2,
    });
    return found.map(({ agentId }) => agentId);
  }

  /** Whether nothing is left of a conversation but what it cost. */
  async isErased(agentId: string, id: string): Promise<boolean> {
    const left = { agentId, id, messages: { gt: 0 } };
    return (await this.database.prisma.conversation.count({ where: left })) === 0;
  }

  /** Those of the agents that have a message of this id. More than two are not told apart from two. */
  async havingMessage(agents: string[], id: string): Promise<string[]> {
    const found = await this.database.prisma.message.findMany({
      where: { id, agentId: { in: agents } },
      select: { agentId: true },
      take: 2,
    });
    return found.map(({ agentId }) => agentId);
  }
}

/** The one of the rows that an id fits. @throws 404 where there is none, 409 where several agents have one. */
export function onlyOne<T>(rows: T[], what: string): T {
  if (rows.length > 1) {
    throw new Problem(409, `Several agents have a ${what} of this id. Name one with the parameter "agent".`, [
      { field: 'agent', problem: `must be given, since several agents have a ${what} of this id` },
    ]);
  }
  const [row] = rows;
  if (!row) throw new Problem(404, `There is no such ${what}.`);
  return row;
}
