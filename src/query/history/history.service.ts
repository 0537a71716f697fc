import { Injectable } from '@nestjs/common';
import type { Key } from '../../access/keys.service.js';
import { DatabaseService } from '../../database/database.service.js';
import { Cursors } from '../../paging/cursor.js';
import { AgentScope, onlyOne } from '../agent-scope.js';
import { type DeliveryRow, deliveriesOfMessage } from './deliveries.sql.js';
import type { ConversationMessagesQuery, PageQuery } from './history.dto.js';
import { type MessageRow, messagesOfConversation, messagesOfId } from './messages.sql.js';

export interface Page<Row> {
  rows: Row[];
  nextCursor: string | null;
}

/** Who said what. */
@Injectable()
export class HistoryService {
  constructor(
    private readonly database: DatabaseService,
    private readonly agents: AgentScope,
    private readonly cursors: Cursors,
  ) {}

  async message(key: Key, id: string, agent: string | undefined): Promise<MessageRow> {
    const agents = await this.agents.of(key, agent);
    return onlyOne(await this.database.prisma.$queryRaw<MessageRow[]>(messagesOfId(agents, id)), 'message');
  }

  async deliveries(key: Key, id: string, query: PageQuery): Promise<Page<DeliveryRow>> {
    const { agent_id } = await this.message(key, id, query.agent);
    const question = ['deliveries', agent_id, id];
    const [receivedAt, deliveryId] = query.cursor ? await this.cursors.read(question, query.cursor) : [];
    const after = receivedAt && deliveryId ? { receivedAt, id: deliveryId } : null;
    const rows = await this.database.prisma.$queryRaw<DeliveryRow[]>(
      deliveriesOfMessage(agent_id, id, after, query.limit + 1),
    );
    return this.page(rows, query.limit, question, (row) => [row.received_at.toISOString(), row.id]);
  }

  async conversationMessages(
    key: Key,
    id: string,
    query: ConversationMessagesQuery,
  ): Promise<Page<MessageRow>> {
    const agents = await this.agents.of(key, query.agent);
    const found = await this.database.prisma.conversation.findMany({
      where: { id, agentId: { in: agents } },
      select: { agentId: true },
      take: 2,
    });
    const { agentId } = onlyOne(found, 'conversation');
    const question = ['conversation-messages', agentId, id, query.order];
    const [createTime, messageId] = query.cursor ? await this.cursors.read(question, query.cursor) : [];
    const after = createTime && messageId ? { createTime, id: messageId } : null;
    const rows = await this.database.prisma.$queryRaw<MessageRow[]>(
      messagesOfConversation(agentId, id, query.order, after, query.limit + 1),
    );
    return this.page(rows, query.limit, question, (row) => [row.create_time.toISOString(), row.id]);
  }

  /** Cuts the one row too many that was asked for to learn whether there is a next page. */
  private async page<Row>(
    rows: Row[],
    limit: number,
    question: unknown,
    positionOf: (row: Row) => string[],
  ): Promise<Page<Row>> {
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const nextCursor =
      rows.length > limit && last ? await this.cursors.make(question, positionOf(last)) : null;
    return { rows: shown, nextCursor };
  }
}
