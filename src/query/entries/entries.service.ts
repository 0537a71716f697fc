import { Injectable } from '@nestjs/common';
import type { Key } from '../../access/key.js';
import { Config } from '../../config.js';
import { DatabaseService } from '../../database/database.service.js';
import { badRequest } from '../../errors/problem.js';
import { Cursors } from '../../paging/cursor.js';
import { cutPage, type Page } from '../../paging/page.js';
import { RecordedBy } from '../../recorded-by/recorded-by.service.js';
import { AgentScope, onlyOne } from '../agent-scope.js';
import { refuseCsvParameters } from '../csv.js';
import { RowStreams } from '../row-streams.js';
import { type OpenRange, readListRange } from '../time/range.js';
import { readAsOf } from '../usage/as-of.js';
import { settle } from '../usage/settle.js';
import type { EntriesQuery } from './entries.dto.js';
import { type AfterEntry, allEntries, type EntryFilter, type EntryRow, entriesPage } from './entries.sql.js';

const PAGE = 50;

/** The ledger, entry by entry: what every sum is made of. */
@Injectable()
export class EntriesService {
  constructor(
    private readonly database: DatabaseService,
    private readonly agents: AgentScope,
    private readonly cursors: Cursors,
    private readonly streams: RowStreams,
    private readonly recordedBy: RecordedBy,
    private readonly config: Config,
  ) {}

  /** Oldest first, by when it was used; what was used at the same instant by agent, message and revision. */
  async page(key: Key, query: EntriesQuery): Promise<Page<EntryRow>> {
    const { filter } = await this.understand(key, query);
    const limit = query.limit ?? PAGE;
    const question = ['entries', key.agentId ?? query.agent, filter];
    const after =
      query.cursor === undefined ? null : readPosition(await this.cursors.read(question, query.cursor));
    const rows = await this.database.prisma.$queryRaw<EntryRow[]>(entriesPage(filter, after, limit + 1));
    return cutPage(this.cursors, question, rows, limit, (row) => [
      row.occurred_at.toISOString(),
      row.agent_id,
      row.message_id,
      String(row.revision),
    ]);
  }

  /** The same entries, all of them, read as they are taken. */
  async export(
    key: Key,
    query: EntriesQuery,
  ): Promise<{ range: OpenRange; batches: AsyncGenerator<EntryRow[]> }> {
    const { range, filter } = await this.understand(key, query);
    return { range, batches: this.streams.read<EntryRow>(allEntries(filter)) };
  }

  /** Entries that were recorded after an instant for a range that had ended before it. */
  restatements(agents: string[], range: { from: Date; to: Date }, after: Date): Promise<EntryRow[]> {
    const filter = { agents, ...range, recordedBy: null, recordedAfter: after };
    return this.database.prisma.$queryRaw<EntryRow[]>(allEntries(filter));
  }

  /** @throws 400 for parameters that cannot be, or not together; 409 for an id that two agents have */
  private async understand(
    key: Key,
    query: EntriesQuery,
  ): Promise<{ range: OpenRange; filter: EntryFilter }> {
    refuseContradictions(query);
    const { conversation_id: conversationId, message_id: messageId } = query;
    const agents = await this.agents.of(key, query.agent);
    if (conversationId !== undefined) {
      const having = await this.agents.havingConversation(agents, conversationId);
      if (having.length > 1) onlyOne(having, 'conversation');
    } else if (messageId !== undefined) {
      const having = await this.agents.havingMessage(agents, messageId);
      if (having.length > 1) onlyOne(having, 'message');
    }
    const range = readListRange(query, this.config.reportTz);
    const { from, to, tz } = range;
    const recordedBy = query.as_of === undefined ? null : readAsOf(query.as_of, tz);
    if (recordedBy) await settle(this.recordedBy, recordedBy);
    return { range, filter: { agents, conversationId, messageId, from, to, recordedBy } };
  }
}

function refuseContradictions(query: EntriesQuery): void {
  const { format, limit, cursor } = query;
  refuseCsvParameters(format, query);
  if (format === 'json') return;
  if (limit !== undefined)
    throw badRequest('limit', 'must not be given where a file of all entries is asked for');
  if (cursor !== undefined)
    throw badRequest('cursor', 'must not be given where a file of all entries is asked for');
}

function readPosition(position: (string | null)[]): AfterEntry {
  const [occurredAt, agent, id, revision] = position.map(String) as [string, string, string, string];
  return { occurredAt, agent, id, revision: Number(revision) };
}
