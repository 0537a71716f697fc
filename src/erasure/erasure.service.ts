import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type pg from 'pg';
import { keyOf } from '../access/access.js';
import { AuditService } from '../audit/audit.service.js';
import { DatabaseService } from '../database/database.service.js';
import { AgentScope, onlyOne } from '../query/agent-scope.js';
import { eraseConversation } from './erase-conversation.js';
import { agentsHaving, type Erased } from './erasure.sql.js';
import type { Arrival } from './refused-bodies.sql.js';
import { searchRefused } from './search-refused.js';

export interface Receipt extends Erased {
  agent: string;
  conversation_id: string;
  erased_at: string;
  /** Refused bodies of the agent that are left and name no conversation, so that they may be of this one. */
  unattributed_bodies: number;
}

@Injectable()
export class ErasureService {
  constructor(
    private readonly database: DatabaseService,
    private readonly agents: AgentScope,
    private readonly audit: AuditService,
  ) {}

  /**
   * Erases a conversation and answers how much that was. The audit says first that it begins and then what it took, so
   * that one which was killed in between shows.
   * @throws 404 where no agent has it, 409 where several do and none was named, 503
   */
  async erase(request: FastifyRequest, id: string, agent: string | undefined): Promise<Receipt> {
    const agents = await this.agents.of(keyOf(request), agent);
    const having = await this.withClient((client) => agentsHaving(client, agents, id));
    const searched = having.length > 0 ? [onlyOne(having, 'conversation')] : agents;
    const search = await this.withClient((client) => searchRefused(client, searched, new Set([id])));
    const naming = search.found.get(id) ?? new Map<string, Arrival[]>();
    // Or all that is there of it are bodies that nobody could read.
    const agentId = having[0] ?? onlyOne([...naming.keys()], 'conversation');
    await this.audit.record(request, { action: 'conversation.erasing', agentId, subject: id });
    const counts = await this.withClient((client) =>
      eraseConversation(client, {
        conversation: { agentId, id },
        refused: naming.get(agentId) ?? [],
        eraser: { keyId: keyOf(request).id, label: keyOf(request).label },
      }),
    );
    const erased = { ...counts, unattributed_bodies: search.unattributed.get(agentId) ?? 0 };
    await this.audit.record(request, {
      action: 'conversation.erased',
      agentId,
      subject: id,
      details: erased,
    });
    return { agent: agentId, conversation_id: id, erased_at: new Date().toISOString(), ...erased };
  }

  private async withClient<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const client = await this.database.pool.connect();
    let broken: Error | undefined;
    try {
      return await work(client);
    } catch (error) {
      broken = error instanceof Error ? error : new Error('unknown');
      throw error;
    } finally {
      client.release(broken);
    }
  }
}
