import { Injectable } from '@nestjs/common';
import { isISO4217CurrencyCode } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { Temporal } from 'temporal-polyfill';
import { AuditService } from '../audit/audit.service.js';
import { DatabaseService } from '../database/database.service.js';
import type { FieldProblem } from '../errors/problem.js';
import { badParameters } from '../errors/strict.pipe.js';
import { toDecimal } from '../ledger/decimal.js';
import { takeRecordingTime } from '../ledger/recording-time.js';
import { Cursors } from '../paging/cursor.js';
import { cutPage, type Page, type PageParameters } from '../paging/page.js';
import type { NewPrice } from './agents.dto.js';
import { AgentsService } from './agents.service.js';
import { insertPrice, type PriceRow, pricesOfAgent } from './prices.sql.js';

/**
 * What credits cost. Prices are added and never changed. One holds per agent and day, whatever its currency: that of the
 * latest day up to it, and of several for one day the one that was recorded last.
 */
@Injectable()
export class PricesService {
  constructor(
    private readonly database: DatabaseService,
    private readonly agents: AgentsService,
    private readonly audit: AuditService,
    private readonly cursors: Cursors,
  ) {}

  /** By their first day, those of one day as they were recorded. @throws 404 */
  async list(agent: string, { limit, cursor }: PageParameters): Promise<Page<PriceRow>> {
    await this.agents.one(agent);
    const question = ['prices', agent];
    const [day, id] = cursor === undefined ? [] : await this.cursors.read(question, cursor);
    const after = day && id ? { day, id } : null;
    const rows = await this.database.prisma.$queryRaw<PriceRow[]>(pricesOfAgent(agent, after, limit + 1));
    return cutPage(this.cursors, question, rows, limit, (row) => [row.from_day, row.id]);
  }

  /**
   * The price holds from the first instant of its day, in the zone of whoever asks, also for what was used already; an
   * answer as of an earlier instant does not know it.
   * @throws 404, 400
   */
  async add(request: FastifyRequest, agent: string, wanted: NewPrice): Promise<PriceRow> {
    await this.agents.one(agent);
    const { from, currency } = wanted;
    const perCredit = readPrice(wanted);
    return this.database.prisma.$transaction(async (transaction) => {
      const recordedAt = await takeRecordingTime(transaction);
      const [row] = await transaction.$queryRaw<PriceRow[]>(
        insertPrice({ agent, from, currency, perCredit, recordedAt }),
      );
      const details = { from, currency, per_credit: perCredit };
      await this.audit.record(
        request,
        { action: 'price.added', agentId: agent, subject: agent, details },
        transaction,
      );
      return row!;
    });
  }
}

/** A day outside of these is a slip of the pen: no message is older than 2000, and prices are not agreed on for a lifetime. */
const FIRST_DAY = '1970-01-01';
const LAST_DAY = '2099-12-31';

/** Codes that ISO 4217 got since the list of class-validator was made. */
const NEWER_CURRENCIES = new Set(['XAD', 'XCG', 'ZWG']);

/** By a list that comes with us: what Intl knows differs between versions of Node, and includes currencies long gone. */
const isCurrency = (code: string) => isISO4217CurrencyCode(code) || NEWER_CURRENCIES.has(code);

/** @returns the price per credit as a canonical decimal. @throws 400 that names each field that cannot be used */
function readPrice({ from, currency, per_credit }: NewPrice): string {
  const errors: FieldProblem[] = [];
  if (!isDate(from)) errors.push({ field: 'from', problem: 'must be a day that the calendar has' });
  else if (from < FIRST_DAY || from > LAST_DAY)
    errors.push({ field: 'from', problem: `must lie between ${FIRST_DAY} and ${LAST_DAY}` });
  if (!isCurrency(currency))
    errors.push({ field: 'currency', problem: 'must be the code of a currency in ISO 4217, such as USD' });
  const perCredit = typeof per_credit === 'string' ? toDecimal(per_credit) : null;
  if (perCredit === null || perCredit.startsWith('-')) {
    errors.push({
      field: 'per_credit',
      problem:
        typeof per_credit === 'number'
          ? 'must be in quotes, such as "0.01": a JSON number may have been rounded on its way'
          : 'must be a decimal in quotes such as "0.01", from 0 to below 10^30 with at most 30 decimal places',
    });
  }
  if (errors.length > 0) throw badParameters(errors);
  return perCredit!;
}

function isDate(text: string): boolean {
  try {
    Temporal.PlainDate.from(text);
    return true;
  } catch {
    return false;
  }
}
