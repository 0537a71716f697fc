import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../../database/database.service.js';
import type { Prisma } from '../../database/generated/client.js';
import { badRequest } from '../../errors/problem.js';
import { type Question, readQuestion } from '../../search/question.js';
import type { ConversationRow } from './conversations.sql.js';
import {
  type ConversationSearch,
  foundConversations,
  walkedConversations,
} from './found-conversations.sql.js';
import {
  foundMessages,
  newestHits,
  type Search,
  type WalkedRow,
  walkedMessages,
} from './found-messages.sql.js';
import type { MessageRow } from './messages.sql.js';
import { WordFrequencies } from './word-frequencies.js';

/** Up to so many hits are best taken from the index and sorted: some milliseconds. */
const FEW = 2_000;
/** The longest walk, in rows looked at: some tens of milliseconds. */
const LONGEST_WALK = { messages: 20_000, conversations: 2_000 };

/** @throws 400 for what holds no word to look for */
export function readQ(q: string): Question {
  const question = readQuestion(q);
  if (question === null) throw badRequest('q', 'must hold at least one word, number or symbol to look for');
  return question;
}

/**
 * Finds messages. The index of words gives all hits at once, and sorting millions of them to show fifty is slow; the
 * list in its order gives them one by one, and finds a rare word after millions. So common words are looked for along
 * the list for a bounded while, and whatever that does not answer is taken from the index.
 */
@Injectable()
export class SearchService {
  constructor(
    private readonly database: DatabaseService,
    private readonly frequencies: WordFrequencies,
  ) {}

  messages(search: Search): Promise<MessageRow[]> {
    const walk = (step: number) => walkedMessages(search, step);
    return this.find(search, LONGEST_WALK.messages, walk, foundMessages(search));
  }

  conversations(search: ConversationSearch): Promise<ConversationRow[]> {
    const walk = (step: number) => walkedConversations(search, step);
    return this.find(search, LONGEST_WALK.conversations, walk, foundConversations(search));
  }

  /** For each conversation its newest message that answers the question. */
  newestHits(rows: ConversationRow[], question: Question): Promise<MessageRow[]> {
    return this.database.prisma.$queryRaw<MessageRow[]>(newestHits(rows, question));
  }

  private async find<Row>(
    { agents, question, limit }: { agents: string[]; question: Question; limit: number },
    longest: number,
    walk: (step: number) => Prisma.Sql,
    all: Prisma.Sql,
  ): Promise<Row[]> {
    const { messages, share } = await this.frequencies.atMost(question);
    if (messages > FEW) {
      const most = Math.ceil(longest / agents.length);
      // First as far as should do if hits were spread evenly, twice as far to be safe; then as far as is bearable.
      for (const step of new Set([Math.min(most, Math.ceil((2 * limit) / share)), most])) {
        const rows = await this.database.prisma.$queryRaw<WalkedRow<Row>[]>(walk(step));
        if (rows.length === limit || rows[0]?.whole) return rows;
      }
    }
    return this.database.prisma.$queryRaw<Row[]>(all);
  }
}
