import { Injectable } from '@nestjs/common';
import type { Key } from '../../access/key.js';
import { Config } from '../../config.js';
import { DatabaseService } from '../../database/database.service.js';
import { erased, notFound, Problem } from '../../errors/problem.js';
import { Cursors } from '../../paging/cursor.js';
import { cutPage, type Page } from '../../paging/page.js';
import type { Snippet } from '../../search/snippet.js';
import { AgentScope, onlyOne } from '../agent-scope.js';
import { RowStreams } from '../row-streams.js';
import { readListRange } from '../time/range.js';
import { bodyOfDelivery, type DeliveryRow, deliveriesOfMessage } from './deliveries.sql.js';
import { instantInside } from './delivery-id.js';
import type { ConversationMessagesQuery, PageQuery } from './history.dto.js';
import type { MessagesQuery } from './lists.dto.js';
import { snippetOfMessage } from './message-snippet.js';
import {
  type MessageFilter,
  type MessageRow,
  messagesList,
  messagesOfConversation,
  messagesOfId,
} from './messages.sql.js';
import { readQ, SearchService } from './search.service.js';

/** `snippet` is there only where something was looked for. */
export type ListedMessage = MessageRow & { snippet?: Snippet | null };

/** Who said what. */
@Injectable()
export class HistoryService {
  constructor(
    private readonly database: DatabaseService,
    private readonly agents: AgentScope,
    private readonly cursors: Cursors,
    private readonly search: SearchService,
    private readonly streams: RowStreams,
    private readonly config: Config,
  ) {}

  /** @throws 404 where no agent has it, 409 where several do and none was named, 410 where it was erased */
  async message(key: Key, id: string, agent: string | undefined): Promise<MessageRow> {
    const agents = await this.agents.of(key, agent);
    const rows = await this.database.prisma.$queryRaw<MessageRow[]>(messagesOfId(agents, id));
    const message = onlyOne(rows, 'message');
    if (message.erased_at !== null) throw erased('message');
    return message;
  }

  async deliveries(key: Key, id: string, query: PageQuery): Promise<Page<DeliveryRow>> {
    const { agent_id } = await this.message(key, id, query.agent);
    const question = ['deliveries', agent_id, id];
    const [receivedAt, deliveryId] =
      query.cursor !== undefined ? await this.cursors.read(question, query.cursor) : [];
    const after = receivedAt && deliveryId ? { receivedAt, id: deliveryId } : null;
    const rows = await this.database.prisma.$queryRaw<DeliveryRow[]>(
      deliveriesOfMessage(agent_id, id, after, query.limit + 1),
    );
    return cutPage(this.cursors, question, rows, query.limit, (row) => [
      row.received_at.toISOString(),
      row.id,
    ]);
  }

  async conversationMessages(
    key: Key,
    id: string,
    { agent, order, limit, cursor }: ConversationMessagesQuery,
  ): Promise<Page<MessageRow>> {
    const agentId = await this.agentOf(key, id, agent);
    return this.page(
      ['conversation-messages', agentId, id, order],
      [agentId],
      { conversationId: id },
      order,
      limit,
      cursor,
    );
  }

  /** All messages of a conversation, read as they are taken. @throws 404, 409, 410 */
  async transcript(key: Key, id: string, agent: string | undefined) {
    const agentId = await this.agentOf(key, id, agent);
    return {
      agent: agentId,
      batches: this.streams.read<MessageRow>(
        messagesOfConversation(agentId, id),
        (row) => row.pieces.length + (row.text?.length ?? 0) + 200,
      ),
    };
  }

  /** The one agent that has the conversation. @throws 404, 409, 410 */
  private async agentOf(key: Key, conversationId: string, agent: string | undefined): Promise<string> {
    const agents = await this.agents.of(key, agent);
    const agentId = onlyOne(await this.agents.havingConversation(agents, conversationId), 'conversation');
    if (await this.agents.isErased(agentId, conversationId)) throw erased('conversation');
    return agentId;
  }

  async messages(key: Key, query: MessagesQuery): Promise<Page<ListedMessage>> {
    const { q, order, limit, cursor, conversation_id, message_type, component } = query;
    const agents = await this.agents.of(key, query.agent);
    const range = readListRange(query, this.config.reportTz);
    if (conversation_id !== undefined) {
      const having = await this.agents.havingConversation(agents, conversation_id);
      if (having.length > 1) onlyOne(having, 'conversation');
    }
    const filter = { range, conversationId: conversation_id, messageType: message_type, component };
    const question = ['messages', key.agentId ?? query.agent, filter, order, q];
    if (q === undefined) return this.page(question, agents, filter, order, limit, cursor);

    const asked = readQ(q);
    const after = await this.cursors.readRow(question, cursor);
    const rows = await this.search.messages({
      agents,
      filter,
      question: asked,
      order,
      after,
      limit: limit + 1,
    });
    const page = await cutPage(this.cursors, question, rows, limit, positionOf);
    return { ...page, rows: page.rows.map((row) => ({ ...row, snippet: snippetOfMessage(row, asked) })) };
  }

  /**
   * The bytes of a delivery, as they came.
   * @throws 404 where there is none of this id, 410 where its bytes were erased
   */
  async body(key: Key, id: string): Promise<{ agent: string; bytes: Buffer }> {
    const receivedAt = instantInside(id);
    if (receivedAt === null) throw notFound('delivery');
    const agents = await this.agents.of(key, undefined);
    const rows = await this.database.prisma.$queryRaw<{ agent_id: string; body: Uint8Array | null }[]>(
      bodyOfDelivery(agents, receivedAt, id),
    );
    const { agent_id: agent, body } = onlyOne(rows, 'delivery');
    if (body === null) throw new Problem(410, 'The bytes of this delivery were erased.');
    return { agent, bytes: Buffer.from(body) };
  }

  private async page(
    question: unknown,
    agents: string[],
    filter: MessageFilter,
    order: 'asc' | 'desc',
    limit: number,
    cursor: string | undefined,
  ): Promise<Page<MessageRow>> {
    const after = await this.cursors.readRow(question, cursor);
    const rows = await this.database.prisma.$queryRaw<MessageRow[]>(
      messagesList(agents, filter, order, after, limit + 1),
    );
    return cutPage(this.cursors, question, rows, limit, positionOf);
  }
}

const positionOf = (row: MessageRow) => [row.create_time.toISOString(), row.agent_id, row.id];
