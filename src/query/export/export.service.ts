import { Injectable } from '@nestjs/common';
import type { Key } from '../../access/key.js';
import { Config } from '../../config.js';
import { DatabaseService } from '../../database/database.service.js';
import type { Prisma } from '../../database/generated/client.js';
import { badRequest } from '../../errors/problem.js';
import { AgentScope } from '../agent-scope.js';
import { refuseCsvParameters } from '../csv.js';
import { instantInside } from '../history/delivery-id.js';
import { RowStreams } from '../row-streams.js';
import { type OpenRange, readListRange } from '../time/range.js';
import type { ExportQuery, Kind } from './export.dto.js';
import { type AfterExported, deliveryAt, entryAt, exported, messageAt } from './export.sql.js';
import { messageLines } from './message-line.sql.js';

/** Bytes of what may be large in a row. */
function sizeOf(row: {
  line?: string;
  text?: string | null;
  body?: Uint8Array | null;
  pieces?: string;
}): number {
  return (row.line ?? row.text ?? row.body ?? '').length + (row.pieces?.length ?? 0) + 200;
}

/** Everything of a kind, to be taken elsewhere. */
@Injectable()
export class ExportService {
  constructor(
    private readonly database: DatabaseService,
    private readonly agents: AgentScope,
    private readonly streams: RowStreams,
    private readonly config: Config,
  ) {}

  /**
   * Agent by agent, each by time: of a message its `create_time`, of a delivery its arrival, of an entry its use.
   * @throws 400 for a cursor that names no row of what may be seen
   */
  async rows<Row extends object>(
    key: Key,
    query: ExportQuery,
  ): Promise<{ range: OpenRange; batches: AsyncGenerator<Row[]> }> {
    refuseCsvParameters(query.format, query);
    const agents = await this.agents.of(key, query.agent);
    const range = readListRange(query, this.config.reportTz);
    const after = query.cursor === undefined ? null : await this.find(query.kind, agents, query.cursor);
    const asLines = query.kind === 'messages' && query.format === 'ndjson';
    const select = asLines ? messageLines : exported[query.kind];
    return { range, batches: this.read<Row>(select, agents, range, after) };
  }

  private async *read<Row extends object>(
    select: (typeof exported)[Kind],
    agents: string[],
    range: OpenRange,
    after: AfterExported | null,
  ): AsyncGenerator<Row[]> {
    for (const agent of agents) {
      if (after && Buffer.compare(Buffer.from(agent), Buffer.from(after.agent)) < 0) continue;
      yield* this.streams.read<Row>(select(agent, range, agent === after?.agent ? after : null), sizeOf);
    }
  }

  private async find(kind: Kind, agents: string[], cursor: string): Promise<AfterExported> {
    const query = whereIs(kind, agents, cursor);
    const [row] = query ? await this.database.prisma.$queryRaw<AfterExported[]>(query) : [];
    if (!row) throw badRequest('cursor', `must name a row of the ${kind} that are exported`);
    return row;
  }
}

function whereIs(kind: Kind, agents: string[], cursor: string): Prisma.Sql | null {
  if (kind === 'entries') return /^\d{1,18}$/.test(cursor) ? entryAt(agents, BigInt(cursor)) : null;
  if (kind === 'deliveries') {
    const receivedAt = instantInside(cursor);
    return receivedAt && deliveryAt(agents, receivedAt, cursor);
  }
  const slash = cursor.indexOf('/');
  const agent = cursor.slice(0, Math.max(slash, 0));
  return agents.includes(agent) ? messageAt(agent, cursor.slice(slash + 1)) : null;
}
