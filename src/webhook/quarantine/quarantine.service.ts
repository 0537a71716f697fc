import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { keyOf } from '../../access/access.js';
import { AuditService } from '../../audit/audit.service.js';
import { DatabaseService } from '../../database/database.service.js';
import { badRequest, notFound, Problem } from '../../errors/problem.js';
import { WRITER_LOCK } from '../../ledger/writer-lock.js';
import { Cursors } from '../../paging/cursor.js';
import { cutPage, type Page } from '../../paging/page.js';
import type { QuarantineQuery } from './quarantine.dto.js';
import {
  dismiss,
  type Place,
  type QuarantinedRow,
  quarantined,
  quarantinedBody,
  waitingAfter,
} from './quarantine.sql.js';
import { ReplayService } from './replay.service.js';

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export type WithBody = QuarantinedRow & { body: Uint8Array | null };

/** Milliseconds that one request may go on replaying; a longer pile takes several. */
const REPLAY_FOR = 15_000;
/** Deliveries that are replayed at once: each may be as large as BODY_LIMIT. */
const REPLAY_STEP = 16;

export interface ReplayCounts {
  replayed: number;
  stored: number;
  /** Still refused, and waiting with their problems of now. */
  waiting: number;
  nextCursor: string | null;
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
    if (agent !== undefined && !(await this.database.prisma.agent.findUnique({ where: { id: agent } })))
      throw badRequest('agent', 'must be the id of an agent of this instance');
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
  async replayAll(request: FastifyRequest, cursor: string | undefined): Promise<ReplayCounts> {
    const question = ['replay'];
    let place = await this.placeOf(question, cursor);
    await this.audit.record(request, { action: 'quarantine.replayed' });
    const counts: ReplayCounts = { replayed: 0, stored: 0, waiting: 0, nextCursor: null };
    const until = Date.now() + REPLAY_FOR;
    for (;;) {
      const step = await this.database.prisma.$queryRaw<{ id: string; received_at: Date }[]>(
        waitingAfter(place, REPLAY_STEP),
      );
      const last = step.at(-1);
      if (!last) return counts;
      place = { receivedAt: last.received_at.toISOString(), id: last.id };
      const rows = await Promise.all(step.map(({ id }) => this.one(id)));
      const results = await Promise.all(rows.map((row) => this.replays.replay(row, keyOf(request).id)));
      for (const result of results) {
        if (result === 'settled') continue;
        counts.replayed += 1;
        counts[result] += 1;
      }
      if (step.length < REPLAY_STEP) return counts;
      if (Date.now() > until) {
        counts.nextCursor = await this.cursors.make(question, [place.receivedAt, place.id]);
        return counts;
      }
    }
  }

  /** @throws 404; 409 where it was replayed or dismissed before */
  async dismiss(request: FastifyRequest, id: string, reason: string): Promise<WithBody> {
    const row = await this.one(id);
    const changed = await this.database.prisma.$transaction(async (transaction) => {
      // Or a replay that is on its way would store what was dismissed.
      await transaction.$executeRaw`select pg_advisory_xact_lock(${WRITER_LOCK})`;
      const count = await transaction.$executeRaw(dismiss(row.id, reason));
      const done = { action: 'delivery.dismissed', agentId: row.agent_id, subject: row.id };
      if (count > 0) await this.audit.record(request, { ...done, details: { reason } }, transaction);
      return count;
    });
    const now = await this.one(id);
    if (changed === 0) throw settled(now);
    return now;
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
