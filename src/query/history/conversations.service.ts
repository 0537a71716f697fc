import { Injectable } from '@nestjs/common';
import type { Key } from '../../access/keys.service.js';
import { Config } from '../../config.js';
import { DatabaseService } from '../../database/database.service.js';
import { erased } from '../../errors/problem.js';
import { Cursors } from '../../paging/cursor.js';
import { cutPage, type Page } from '../../paging/page.js';
import { AgentScope, onlyOne } from '../agent-scope.js';
import { readListRange } from '../time/range.js';
import { type ConversationRow, conversationsList, conversationsOfId } from './conversations.sql.js';
import type { ConversationsQuery } from './lists.dto.js';

/** Which conversations there are, and what each of them used. */
@Injectable()
export class ConversationsService {
  constructor(
    private readonly database: DatabaseService,
    private readonly agents: AgentScope,
    private readonly cursors: Cursors,
    private readonly config: Config,
  ) {}

  /** @throws 404 where no agent has it, 409 where several do and none was named, 410 where it was erased */
  async one(key: Key, id: string, agent: string | undefined): Promise<Omit<ConversationRow, 'sort_key'>> {
    const agents = await this.agents.of(key, agent);
    const rows = await this.database.prisma.$queryRaw<ConversationRow[]>(conversationsOfId(agents, id));
    const conversation = onlyOne(rows, 'conversation');
    if (conversation.messages === 0n) throw erased('conversation');
    return conversation;
  }

  async list(key: Key, query: ConversationsQuery): Promise<Page<ConversationRow>> {
    const { sort, order, limit } = query;
    const agents = await this.agents.of(key, query.agent);
    const range = readListRange(query, this.config.reportTz);
    const question = ['conversations', key.agentId ?? query.agent, range.from, range.to, sort, order];
    const after = await this.cursors.readRow(question, query.cursor);
    const rows = await this.database.prisma.$queryRaw<ConversationRow[]>(
      conversationsList(agents, range, sort, order, after, limit + 1),
    );
    return cutPage(this.cursors, question, rows, limit, (row) => [row.sort_key, row.agent_id, row.id]);
  }
}
