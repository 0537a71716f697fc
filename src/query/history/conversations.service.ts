import { Injectable } from '@nestjs/common';
import type { Key } from '../../access/key.js';
import { Config } from '../../config.js';
import { DatabaseService } from '../../database/database.service.js';
import { erased } from '../../errors/problem.js';
import { Cursors } from '../../paging/cursor.js';
import { cutPage, type Page } from '../../paging/page.js';
import type { Question } from '../../search/question.js';
import type { Snippet } from '../../search/snippet.js';
import { AgentScope, onlyOne } from '../agent-scope.js';
import { readListRange } from '../time/range.js';
import { type PriceRow, type Prices, pricesOfAllTime } from '../usage/prices.js';
import { pricesKnownAt } from '../usage/prices.sql.js';
import { type ConversationRow, conversationsList, conversationsOfId } from './conversations.sql.js';
import type { ConversationsQuery } from './lists.dto.js';
import { snippetOfMessage } from './message-snippet.js';
import { readQ, SearchService } from './search.service.js';

/** `snippet` is of its newest hit, and there only where something was looked for. */
export type ListedConversation = ConversationRow & { snippet?: Snippet | null };

/** Which conversations there are, and what each of them used and cost. */
@Injectable()
export class ConversationsService {
  constructor(
    private readonly database: DatabaseService,
    private readonly agents: AgentScope,
    private readonly cursors: Cursors,
    private readonly search: SearchService,
    private readonly config: Config,
  ) {}

  /** @throws 404 where no agent has it, 409 where several do and none was named, 410 where it was erased */
  async one(key: Key, id: string, agent: string | undefined): Promise<Omit<ConversationRow, 'sort_key'>> {
    const agents = await this.agents.of(key, agent);
    const prices = await this.prices(agents, this.config.reportTz);
    const rows = await this.database.prisma.$queryRaw<ConversationRow[]>(
      conversationsOfId(agents, id, prices),
    );
    const conversation = onlyOne(rows, 'conversation');
    if (conversation.messages === 0n) throw erased('conversation');
    return conversation;
  }

  async list(key: Key, query: ConversationsQuery): Promise<Page<ListedConversation>> {
    const { sort, order, limit } = query;
    const agents = await this.agents.of(key, query.agent);
    const range = readListRange(query, this.config.reportTz);
    const prices = await this.prices(agents, range.tz);
    const asked = query.q === undefined ? null : readQ(query.q);
    const question = [
      'conversations',
      key.agentId ?? query.agent,
      range.from,
      range.to,
      sort,
      order,
      query.q,
    ];
    const after = await this.cursors.readRow(question, query.cursor);
    const rows = asked
      ? await this.search.conversations({
          agents,
          range,
          question: asked,
          sort,
          order,
          after,
          limit: limit + 1,
          prices,
        })
      : await this.database.prisma.$queryRaw<ConversationRow[]>(
          conversationsList(agents, range, sort, order, after, limit + 1, prices),
        );
    const page = await cutPage(this.cursors, question, rows, limit, (row) => [
      row.sort_key,
      row.agent_id,
      row.id,
    ]);
    return asked ? { ...page, rows: await this.withSnippets(page.rows, asked) } : page;
  }

  private async prices(agents: string[], tz: string): Promise<Prices> {
    return pricesOfAllTime(tz, await this.database.prisma.$queryRaw<PriceRow[]>(pricesKnownAt(agents, null)));
  }

  private async withSnippets(rows: ConversationRow[], question: Question): Promise<ListedConversation[]> {
    const hits = await this.search.newestHits(rows, question);
    return rows.map((row) => {
      const hit = hits.find((one) => one.agent_id === row.agent_id && one.conversation_id === row.id);
      return { ...row, snippet: hit ? snippetOfMessage(hit, question) : null };
    });
  }
}
