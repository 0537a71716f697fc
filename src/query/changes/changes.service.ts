import { Injectable } from '@nestjs/common';
import type { Key } from '../../access/key.js';
import { DatabaseService } from '../../database/database.service.js';
import { badRequest } from '../../errors/problem.js';
import { Cursors } from '../../paging/cursor.js';
import { RecordedBy } from '../../recorded-by/recorded-by.service.js';
import { AgentScope } from '../agent-scope.js';
import type { ChangesQuery } from './changes.dto.js';
import { type ChangeRow, changesBetween } from './changes.sql.js';
import { FeedEnd } from './feed-end.service.js';

/** For a reader that wants only what comes from now on. */
const NOW = 'now';

export interface ChangesPage {
  rows: ChangeRow[];
  nextCursor: string;
  /** The rows and the cursor include everything that was recorded by then. */
  recordedBy: Date;
}

/**
 * The feed of changes. Batches commit one after the other and take their positions under the same lock as the last
 * position, so what is up to that position is whole: nothing is ever inserted behind a reader.
 */
@Injectable()
export class ChangesService {
  constructor(
    private readonly database: DatabaseService,
    private readonly agents: AgentScope,
    private readonly cursors: Cursors,
    private readonly feedEnd: FeedEnd,
    private readonly recordedBy: RecordedBy,
  ) {}

  /**
   * What changed after a cursor. Where nothing did, waits up to `wait` seconds, or until the signal is given.
   * @throws 400 for a cursor that is of another feed, or ahead of this one
   */
  async page(key: Key, query: ChangesQuery, signal: AbortSignal): Promise<ChangesPage> {
    const agents = await this.agents.of(key, query.agent);
    const question = ['changes', key.agentId ?? query.agent];
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(query.wait * 1_000)]);
    let after = await this.begin(question, query.cursor);
    for (;;) {
      // Looked up anew after a wait: the value of its beginning would be as old as the wait was long.
      const recordedBy = await this.recordedBy.current();
      const end = await this.feedEnd.position();
      if (after > end)
        throw badRequest(
          'cursor',
          'is ahead of this feed, which may come from an older backup: begin without one',
        );
      const rows = await this.database.prisma.$queryRaw<ChangeRow[]>(
        changesBetween(agents, after, end, query.limit),
      );
      const last = rows.length === query.limit ? rows.at(-1)!.position : end;
      if (rows.length > 0 || query.wait === 0 || deadline.aborted || this.feedEnd.closing)
        return { rows, nextCursor: await this.cursors.make(question, [String(last)]), recordedBy };
      after = last;
      await this.feedEnd.grown(after, deadline);
    }
  }

  private async begin(question: unknown, cursor: string | undefined): Promise<bigint> {
    if (cursor === undefined) return 0n;
    if (cursor === NOW) return this.feedEnd.position();
    const [position] = await this.cursors.read(question, cursor);
    return BigInt(position!);
  }
}
