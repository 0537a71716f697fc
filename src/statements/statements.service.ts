import { createHash, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { keyOf } from '../access/access.js';
import type { Key } from '../access/key.js';
import { AuditService } from '../audit/audit.service.js';
import { Config } from '../config.js';
import { DatabaseService } from '../database/database.service.js';
import { Prisma } from '../database/generated/client.js';
import { badRequest, notFound, Problem } from '../errors/problem.js';
import { toDecimal } from '../ledger/decimal.js';
import { takeRecordingTime } from '../ledger/recording-time.js';
import { Cursors } from '../paging/cursor.js';
import { cutPage, type Page } from '../paging/page.js';
import { AgentScope } from '../query/agent-scope.js';
import { EntriesService } from '../query/entries/entries.service.js';
import type { PageQuery } from '../query/history/history.dto.js';
import { readReportRange, type TimeRange } from '../query/time/range.js';
import { UsageQuery } from '../query/usage/usage.dto.js';
import { type UsageReport, UsageService } from '../query/usage/usage.service.js';
import { RecordedBy } from '../recorded-by/recorded-by.service.js';
import { type Closing, documentOf } from './document.js';
import type { StatementRow, StatementWhole } from './statement.presenter.js';
import { figuresOf, type StatementFigures } from './statement-figures.sql.js';
import type { NewStatement } from './statements.dto.js';

/** No message is older. */
const FIRST_PERIOD = '2000-01';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Closed months. */
@Injectable()
export class StatementsService {
  constructor(
    private readonly database: DatabaseService,
    private readonly audit: AuditService,
    private readonly cursors: Cursors,
    private readonly agents: AgentScope,
    private readonly usage: UsageService,
    private readonly entries: EntriesService,
    private readonly recordedBy: RecordedBy,
    private readonly config: Config,
  ) {}

  /** The last one closed first, also those that were replaced. A key of one agent sees those of that agent alone. */
  async list(key: Key, { agent, limit, cursor }: PageQuery): Promise<Page<StatementRow>> {
    await this.agents.of(key, agent);
    const agentId = key.agentId ?? agent;
    const question = ['statements', agentId];
    const [at, id] = cursor === undefined ? [] : await this.cursors.read(question, cursor);
    const found = await this.database.prisma.statement.findMany({
      where: {
        ...(agentId === undefined ? {} : { agentId }),
        ...(at && id ? { OR: [{ closedAt: { lt: at } }, { closedAt: at, id: { lt: id } }] } : {}),
      },
      omit: { document: true },
      orderBy: [{ closedAt: 'desc' }, { id: 'desc' }],
      take: limit + 1,
    });
    const successors = await this.database.prisma.statement.findMany({
      where: { replaces: { in: found.map((row) => row.id) } },
      select: { id: true, replaces: true },
    });
    const replacedBy = new Map(successors.map((row) => [row.replaces, row.id]));
    const figures = new Map((await this.figures(found.map(({ id }) => id))).map((row) => [row.id, row]));
    const rows = found.map((row) => ({
      ...row,
      replacedBy: replacedBy.get(row.id) ?? null,
      figures: figures.get(row.id)!,
    }));
    return cutPage(this.cursors, question, rows, limit, (row) => [row.closedAt.toISOString(), row.id]);
  }

  /** @throws 404, also for one that the key may not see */
  async one(key: Key, id: string): Promise<StatementWhole> {
    const row = await this.stored(key, id);
    const successor = await this.database.prisma.statement.findUnique({
      where: { replaces: row.id },
      select: { id: true },
    });
    const range = { from: row.rangeFrom, to: row.rangeTo, tz: row.tz };
    const agents = await this.agents.of(key, row.agentId ?? undefined);
    const [[figures], restatements, { totals }] = await Promise.all([
      this.figures([row.id]),
      this.entries.restatements(agents, range, row.asOf),
      this.report(key, row.agentId, range, {}),
    ]);
    return {
      ...row,
      replacedBy: successor?.id ?? null,
      figures: figures!,
      restatements,
      restatedTotals: totals,
    };
  }

  /** The bytes as they were stored. @throws 404 as `one` does */
  async document(key: Key, id: string): Promise<{ name: string[]; bytes: Buffer }> {
    const { period, agentId, tz, document } = await this.stored(key, id);
    return { name: ['statement', period, agentId ?? 'all', tz], bytes: Buffer.from(document) };
  }

  /**
   * Closes a month: counts what was recorded until now, and keeps the result for good.
   *
   * The closing takes a recording time under the writer's lock and lets go of it at once. Whatever is recorded later
   * has a later time, so the figures as of it can be summed up while deliveries go on. Two who close the same month at
   * the same moment both get that far, and the database lets one of them keep its statement.
   * @throws 400 for what cannot be closed or replaced, 403 for another agent than the key's own, 409 where the month is closed already
   */
  async close(request: FastifyRequest, wanted: NewStatement): Promise<StatementWhole> {
    const key = keyOf(request);
    const agent = wanted.agent ?? null;
    // An absent agent closes the month of all of them. To take it for the key's own would freeze, for good, something
    // else than the same request of another key does.
    if (key.agentId !== null && agent !== key.agentId)
      throw new Problem(
        403,
        `This key closes months of its own agent only: "agent" must be "${key.agentId}".`,
      );
    await this.agents.of(key, agent ?? undefined);
    const { period, tz } = { period: wanted.period, tz: wanted.tz ?? this.config.reportTz };
    const range = readReportRange({ period, tz }, tz, new Date());
    if (period < FIRST_PERIOD) throw badRequest('period', `must not be before ${FIRST_PERIOD}`);
    const replaces = wanted.replaces?.toLowerCase() ?? null;
    const reason = wanted.reason ?? null;
    if (replaces !== null && reason === null)
      throw badRequest('reason', 'must be given where replaces is: it says why the statement is replaced');
    const invoiced = readInvoiced(wanted.invoiced_credits);
    const invoicedBefore = await this.invoicedBefore(period, agent, replaces);
    const invoicedCredits = invoiced === undefined ? invoicedBefore : invoiced;

    const asOf = await this.database.prisma.$transaction(async (transaction) => {
      const now = await takeRecordingTime(transaction);
      if (now < range.to) throw badRequest('period', `must be a month that is over in ${range.tz}`);
      return now;
    });
    const id = randomUUID();
    const closing = {
      id,
      period,
      range,
      agent,
      asOf,
      replaces,
      reason,
      invoicedCredits,
    };
    await this.keep(request, closing, await this.write(key, closing));
    // Before the answer is read, so that what arrived since the closing is in it.
    request.recordedBy = { instant: await this.recordedBy.afterChange(), includesChange: true };
    return this.one(key, id);
  }

  private async write(key: Key, closing: Closing): Promise<Buffer> {
    const { agent, range } = closing;
    const as_of = closing.asOf.toISOString();
    const days = await this.report(key, agent, range, { bucket: 'day', as_of });
    const agents: UsageReport[] = [];
    do {
      const cursor = agents.at(-1)?.nextCursor ?? undefined;
      agents.push(await this.report(key, agent, range, { group_by: ['agent'], as_of, cursor }));
    } while (agents.at(-1)?.nextCursor);
    return documentOf(closing, days, agents);
  }

  private async keep(request: FastifyRequest, closing: Closing, document: Buffer): Promise<void> {
    const { id, period, range, agent, asOf, replaces, reason, invoicedCredits } = closing;
    const key = keyOf(request);
    const sha256 = createHash('sha256').update(document).digest();
    const data = {
      id,
      period,
      tz: range.tz,
      agentId: agent,
      rangeFrom: range.from,
      rangeTo: range.to,
      asOf,
      closedAt: asOf,
      closedByKey: key.id,
      closedBy: key.label,
      replaces,
      reason,
      invoicedCredits,
      document: Uint8Array.from(document),
      sha256: Uint8Array.from(sha256),
    };
    const details = { period, tz: range.tz, replaces, reason, sha256: sha256.toString('hex') };
    try {
      await this.database.prisma.$transaction(async (transaction) => {
        await transaction.statement.create({ data });
        await this.audit.record(
          request,
          { action: 'statement.closed', agentId: agent, subject: id, details },
          transaction,
        );
      });
    } catch (error) {
      if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002')
        throw closedAlready(period);
      throw error;
    }
  }

  /**
   * What was invoiced according to the statement that is replaced; null without one.
   * @throws 400, 409 for what the database would refuse as well, but says better
   */
  private async invoicedBefore(
    period: string,
    agentId: string | null,
    replaces: string | null,
  ): Promise<string | null> {
    const { prisma } = this.database;
    if (replaces === null) {
      if (await prisma.statement.findFirst({ where: { period, agentId }, select: { id: true } }))
        throw closedAlready(period);
      return null;
    }
    const old = await prisma.statement.findUnique({ where: { id: replaces }, omit: { document: true } });
    if (!old || old.period !== period || old.agentId !== agentId)
      throw badRequest('replaces', 'must be the id of a statement of the same period and agent');
    if (await prisma.statement.findUnique({ where: { replaces }, select: { id: true } }))
      throw closedAlready(period);
    const [figures] = await this.figures([old.id]);
    return figures!.invoiced_credits;
  }

  private figures(ids: string[]): Promise<StatementFigures[]> {
    return this.database.prisma.$queryRaw<StatementFigures[]>(figuresOf(ids));
  }

  private async stored(key: Key, id: string) {
    const row = UUID.test(id) ? await this.database.prisma.statement.findUnique({ where: { id } }) : null;
    if (!row || (key.agentId !== null && row.agentId !== key.agentId)) throw notFound('statement');
    return row;
  }

  private report(
    key: Key,
    agent: string | null,
    { from, to, tz }: TimeRange,
    more: Partial<UsageQuery>,
  ): Promise<UsageReport> {
    const range = { from: from.toISOString(), to: to.toISOString(), tz };
    const query = Object.assign(new UsageQuery(), { bucket: 'none' }, range, more);
    if (agent !== null) query.agent = agent;
    return this.usage.report(key, query);
  }
}

/** @returns undefined where it is not said, and null where it is said that nothing was invoiced */
function readInvoiced(invoiced: unknown): string | null | undefined {
  if (invoiced === null || invoiced === undefined) return invoiced;
  const decimal = typeof invoiced === 'string' ? toDecimal(invoiced) : null;
  if (decimal !== null && !decimal.startsWith('-')) return decimal;
  throw badRequest(
    'invoiced_credits',
    typeof invoiced === 'number'
      ? 'must be in quotes, such as "1234.5": a JSON number may have been rounded on its way'
      : 'must be a decimal in quotes such as "1234.5", from 0 to below 10^30 with at most 30 decimal places',
  );
}

const closedAlready = (period: string) =>
  new Problem(
    409,
    `${period} is closed already. Name the statement that counts now with "replaces", and why with "reason".`,
    [
      {
        field: 'replaces',
        problem: 'must be the id of the statement of this period and agent that counts now',
      },
    ],
  );
