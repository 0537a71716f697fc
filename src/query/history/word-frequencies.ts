import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../../database/database.service.js';
import type { Question } from '../../search/question.js';

/** Milliseconds for which what was read is used: PostgreSQL renews its statistics seldom. */
const KEPT = 60_000;

interface Statistics {
  readAt: number;
  messages: number;
  /** Of the commonest lexemes: in which share of the messages each stands. */
  shares: Map<string, number>;
}

/** How common words are, from the statistics that PostgreSQL keeps about the search column. */
@Injectable()
export class WordFrequencies {
  private statistics: Statistics | undefined;

  constructor(private readonly database: DatabaseService) {}

  /**
   * An upper bound of the messages that answer a question, and of their share of all: those of its rarest word. A word
   * that the statistics do not know is rare: 0. What PostgreSQL itself would expect is no help, since it multiplies the
   * shares of words that come together, such as those of a phrase.
   */
  async atMost(question: Question): Promise<{ messages: number; share: number }> {
    const { messages, shares } = await this.read();
    const share = Math.min(...question.lexemes.map((lexeme) => shareOf(lexeme, shares)));
    return { messages: messages * share, share };
  }

  private async read(): Promise<Statistics> {
    if (this.statistics && Date.now() - this.statistics.readAt < KEPT) return this.statistics;
    const [row] = await this.database.prisma.$queryRaw<
      { messages: number; lexemes: string[] | null; shares: number[] | null }[]
    >`
      select greatest(reltuples, 0)::float8 as messages, s.most_common_elems::text::text[] as lexemes,
             s.most_common_elem_freqs::float8[] as shares
      from pg_class c
      left join pg_stats s on s.schemaname = 'public' and s.tablename = c.relname and s.attname = 'search'
      where c.oid = 'public.message'::regclass`;
    const { messages = 0, lexemes = [], shares = [] } = row ?? {};
    this.statistics = {
      readAt: Date.now(),
      messages,
      shares: new Map((lexemes ?? []).map((lexeme, index) => [lexeme, shares?.[index] ?? 0])),
    };
    return this.statistics;
  }
}

function shareOf({ lexeme, isPrefix }: Question['lexemes'][number], shares: Map<string, number>): number {
  if (!isPrefix) return shares.get(lexeme) ?? 0;
  let sum = 0;
  for (const [known, share] of shares) if (known.startsWith(lexeme)) sum += share;
  return Math.min(sum, 1);
}
