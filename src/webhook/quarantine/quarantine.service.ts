import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { keyOf } from '../../access/access.js';
import { type AuditedAction, AuditService } from '../../audit/audit.service.js';
import { DatabaseService } from '../../database/database.service.js';
import { badRequest, notFound, Problem } from '../../errors/problem.js';
import { WRITER_LOCK } from '../../ledger/writer-lock.js';
import { Cursors } from '../../paging/cursor.js';
import { cutPage, type Page } from '../../paging/page.js';
import type { DismissAllQuery, QuarantineQuery, WaitingQuery } from './quarantine.dto.js';
import {
  dismiss,
  type Place,
  type QuarantinedRow,
  quarantined,
  quarantinedBody,
  type WaitingRow,
  type WithBody,
  waitingAfter,
} from './quarantine.sql.js';
import { ReplayService } from './replay.service.js';

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Milliseconds that one request may go on replaying or dismissing; a longer pile takes several. */
const WORK_FOR_MS = 15_000;
/** Deliveries that are replayed at once: each may be as large as BODY_LIMIT. */
const REPLAY_STEP = 16;
/** Deliveries that are dismissed in one transaction, for which the writer waits: some hundredths of a second. */
const DISMISS_STEP = 500;

export interface ReplayCounts {
  replayed: number;
  stored: number;
  /** Still refused, and waiting with their problems of now. */
  waiting: number;
  nextCursor: string | null;
}

/** A walk through what waits. */
interface Walk {
  /** What its cursors are for. */
  question: unknown;
  start: Place | null;
  query: DismissAllQuery;
  /** Deliveries in one step. */
  size: number;
}

/** What was refused: to look at, to send through the door again, or to dismiss. */
@Injectable()
export class QuarantineService {
  constructor(
    private readonly database: DatabaseService,
    private readonly cursors: Cursors,
    private readonly audit: AuditService,
    private readonly replays: ReplayService,
  ) {}

  async list({ state, agent, limit, cursor }: QuarantineQuery): Promise<Page<QuarantinedRow>> {
    await this.refuseUnknown(agent);
    const question = ['quarantine', state, agent];
    const before = await this.placeOf(question, cursor);
    const rows = await this.database.prisma.$queryRaw<QuarantinedRow[]>(
      quarantined(state, agent, before, limit + 1),
    );
    return cutPage(this.cursors, question, rows, limit, (row) => [row.received_at.toISOString(), row.id]);
  }

  /** @throws 404 */
  async one(id: string): Promise<WithBody> {
    const rows = UUID.test(id)
      ? await this.database.prisma.$queryRaw<WithBody[]>(quarantinedBody(id.toLowerCase()))
      : [];
    const [row] = rows;
    if (!row) throw notFound('quarantined delivery');
    return row;
  }

  /**
   * Sends one delivery through the door again.
   * @returns the delivery as it is then: stored, or still waiting with its problems of now
   * @throws 404; 409 where it was replayed or dismissed before; 503
   */
  async replay(request: FastifyRequest, id: string): Promise<WithBody> {
    const row = await this.one(id);
    if (row.quarantine !== 'waiting') throw settled(row);
    await this.audit.record(request, { action: 'delivery.replayed', agentId: row.agent_id, subject: row.id });
    if ((await this.replays.replay(row, keyOf(request).id)) === 'settled') throw settled(await this.one(id));
    return this.one(id);
  }

  /** Replays what waits, oldest first, for as long as one request may take. A cursor goes on from there. */
  async replayAll(request: FastifyRequest, query: WaitingQuery): Promise<ReplayCounts> {
    await this.refuseUnknown(query.agent);
    const question = ['replay', query.agent];
    const start = await this.placeOf(question, query.cursor);
    await this.audit.record(request, { action: 'quarantine.replayed', agentId: query.agent ?? null });
    const counts = { replayed: 0, stored: 0, waiting: 0 };
    const nextCursor = await this.inSteps({ question, start, query, size: REPLAY_STEP }, async (step) => {
      const rows = await Promise.all(step.map(({ id }) => this.one(id)));
      const results = await Promise.all(rows.map((row) => this.replays.replay(row, keyOf(request).id)));
      for (const result of results) {
        if (result === 'settled') continue;
        counts.replayed += 1;
        counts[result] += 1;
      }
    });
    return { ...counts, nextCursor };
  }

  /** @throws 404; 409 where it was replayed or dismissed before */
  async dismiss(request: FastifyRequest, id: string, reason: string): Promise<WithBody> {
    const row = await this.one(id);
    const done = {
      action: 'delivery.dismissed',
      agentId: row.agent_id,
      subject: row.id,
      details: { reason },
    };
    const changed = await this.giveUp(request, row.agent_id, [row], reason, () => done);
    const now = await this.one(id);
    if (changed === 0) throw settled(now);
    return now;
  }

  /** Dismisses what waits, oldest first, for as long as one request may take. A cursor goes on from there. */
  async dismissAll(
    request: FastifyRequest,
    query: DismissAllQuery,
    reason: string,
  ): Promise<{ dismissed: number; nextCursor: string | null }> {
    await this.refuseUnknown(query.agent);
    const question = ['dismiss', query.agent, query.problem];
    const start = await this.placeOf(question, query.cursor);
    const problem = query.problem === undefined ? {} : { problem: query.problem };
    let dismissed = 0;
    const nextCursor = await this.inSteps({ question, start, query, size: DISMISS_STEP }, async (step) => {
      const meant = step.filter(({ matches }) => matches);
      for (const agentId of new Set(meant.map(({ agent_id }) => agent_id))) {
        const rows = meant.filter(({ agent_id }) => agent_id === agentId);
        dismissed += await this.giveUp(request, agentId, rows, reason, (count) => ({
          action: 'quarantine.dismissed',
          agentId,
          details: { reason, ...problem, dismissed: count },
        }));
      }
    });
    return { dismissed, nextCursor };
  }

  /** Dismisses deliveries of an agent in one transaction together with the record of it, if there was anything to dismiss. */
  private giveUp(
    request: FastifyRequest,
    agent: string,
    rows: Pick<QuarantinedRow, 'id' | 'received_at'>[],
    reason: string,
    done: (count: number) => AuditedAction,
  ): Promise<number> {
    return this.database.prisma.$transaction(async (transaction) => {
      await transaction.$executeRaw`select pg_advisory_xact_lock(${WRITER_LOCK})`;
      const count = await transaction.$executeRaw(dismiss(agent, rows, { reason, key: keyOf(request) }));
      if (count > 0) await this.audit.record(request, done(count), transaction);
      return count;
    });
  }

  /**
   * Goes through what waits in steps, oldest first.
   * @returns the cursor of the next call, where there was no time for all
   */
  private async inSteps(
    { question, start, query, size }: Walk,
    work: (step: WaitingRow[]) => Promise<void>,
  ): Promise<string | null> {
    const until = Date.now() + WORK_FOR_MS;
    for (let place = start; ; ) {
      const step = await this.database.prisma.$queryRaw<WaitingRow[]>(waitingAfter(query, place, size));
      const last = step.at(-1);
      if (!last) return null;
      place = { receivedAt: last.received_at.toISOString(), id: last.id };
      await work(step);
      if (step.length < size) return null;
      if (Date.now() > until) return this.cursors.make(question, [place.receivedAt, place.id]);
    }
  }

  /** @throws 400 */
  private async refuseUnknown(agent: string | undefined): Promise<void> {
    if (agent !== undefined && !(await this.database.prisma.agent.findUnique({ where: { id: agent } })))
      throw badRequest('agent', 'must be the id of an agent of this instance');
  }

  private async placeOf(question: unknown, cursor: string | undefined): Promise<Place | null> {
    const [receivedAt, id] = cursor ? await this.cursors.read(question, cursor) : [];
    return receivedAt && id ? { receivedAt, id } : null;
  }
}

const settled = ({ quarantine }: QuarantinedRow) =>
  new Problem(
    409,
    quarantine === 'stored'
      ? 'This delivery was replayed already, and is stored.'
      : 'This delivery was dismissed.',
  );
