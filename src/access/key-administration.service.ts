import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Temporal } from 'temporal-polyfill';
import { AuditService } from '../audit/audit.service.js';
import { DatabaseService } from '../database/database.service.js';
import { type ApiKey, Prisma } from '../database/generated/client.js';
import { badRequest, notFound, Problem } from '../errors/problem.js';
import { Cursors } from '../paging/cursor.js';
import { cutPage, type Page, type PageParameters } from '../paging/page.js';
import type { NewKey } from './keys.dto.js';
import { hashToken, hintOf, makeToken } from './token.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const QUESTION = ['keys'];
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z');

/** Makes, shows and revokes keys. An agent may have several live ones, so that a token is replaced without a gap. */
@Injectable()
export class KeyAdministrationService {
  constructor(
    private readonly database: DatabaseService,
    private readonly audit: AuditService,
    private readonly cursors: Cursors,
  ) {}

  /** All keys, the revoked ones too, newest first. */
  async list({ limit, cursor }: PageParameters): Promise<Page<ApiKey>> {
    const [at, id] = cursor === undefined ? [] : await this.cursors.read(QUESTION, cursor);
    const rows = await this.database.prisma.apiKey.findMany({
      where: at && id ? { OR: [{ createdAt: { lt: at } }, { createdAt: at, id: { lt: id } }] } : {},
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: limit + 1,
    });
    return cutPage(this.cursors, QUESTION, rows, limit, (row) => [row.createdAt.toISOString(), row.id]);
  }

  /** @throws 404 */
  async one(id: string): Promise<ApiKey> {
    const row = UUID.test(id) ? await this.database.prisma.apiKey.findUnique({ where: { id } }) : null;
    if (!row) throw notFound('key');
    return row;
  }

  /**
   * Makes a key for a given token, or for a new one.
   * @returns the token in clear; afterwards nobody can say it, since only its hash is kept
   * @throws 400, and 409 where a key, live or not, has this token already
   */
  async make(request: FastifyRequest, wanted: NewKey): Promise<{ row: ApiKey; token: string }> {
    const agentId = wanted.agent ?? null;
    refuseWrongOwner(wanted, agentId);
    const expiresAt = readExpiry(wanted.expires_at ?? null);
    if (agentId !== null && !(await this.database.prisma.agent.findUnique({ where: { id: agentId } })))
      throw badRequest('agent', 'must be the id of an agent of this instance');
    const token = wanted.token ?? makeToken();
    const data = {
      id: randomUUID(),
      tokenHash: Uint8Array.from(hashToken(token)),
      hint: hintOf(token),
      label: wanted.label ?? '',
      scopes: wanted.scopes,
      agentId,
      expiresAt,
    };
    try {
      const row = await this.database.prisma.$transaction(async (transaction) => {
        const made = await transaction.apiKey.create({ data });
        const details = {
          label: data.label,
          scopes: data.scopes,
          expires_at: expiresAt?.toISOString() ?? null,
        };
        await this.audit.record(
          request,
          { action: 'key.created', agentId, subject: made.id, details },
          transaction,
        );
        return made;
      });
      return { row, token };
    } catch (error) {
      if (isTaken(error)) throw tokenTaken();
      throw error;
    }
  }

  /**
   * Revokes a key; one that is revoked stays so, with its time. It no longer counts as one of the environment, so that
   * a restart with an old variable does not bring it back.
   * @throws 404; 409 for the last live key of an administrator
   */
  async revoke(request: FastifyRequest, id: string): Promise<void> {
    if (!UUID.test(id)) throw notFound('key');
    await this.database.prisma.$transaction(async (transaction) => {
      // Two administrators who revoke each other at the same moment must not both find the other one there.
      await transaction.$executeRaw`lock table api_key in share row exclusive mode`;
      const row = await transaction.apiKey.findUnique({ where: { id } });
      if (!row) throw notFound('key');
      if (row.revokedAt !== null) return;
      if (isLive(row) && row.scopes.includes('admin')) await refuseLastAdministrator(transaction, id);
      await transaction.apiKey.update({ where: { id }, data: { revokedAt: new Date(), origin: null } });
      const { label, agentId } = row;
      await this.audit.record(
        request,
        { action: 'key.revoked', agentId, subject: id, details: { label } },
        transaction,
      );
    });
  }
}

function refuseWrongOwner({ scopes }: NewKey, agentId: string | null): void {
  if (scopes.includes('admin') && agentId !== null)
    throw badRequest('agent', 'must be left out for the scope admin, which is of no single agent');
  if (scopes.includes('ingest') && scopes.includes('admin'))
    throw badRequest(
      'scopes',
      'must not have both ingest, which is of one agent, and admin, which is of none',
    );
  if (scopes.includes('ingest') && agentId === null)
    throw badRequest('agent', 'must be given for the scope ingest: it says whose the deliveries are');
}

function readExpiry(text: string | null): Date | null {
  if (text === null) return null;
  try {
    const instant = new Date(Temporal.Instant.from(text).epochMilliseconds);
    // With its offset a year of four digits may reach into one of five, which RFC 3339 cannot say.
    if (instant.getTime() > LAST_INSTANT) throw new RangeError();
    if (instant > new Date()) return instant;
  } catch {
    throw badRequest('expires_at', 'must be an instant that the calendar has, before the year 10000');
  }
  throw badRequest('expires_at', 'must be in the future');
}

const isLive = (row: ApiKey) => row.expiresAt === null || row.expiresAt > new Date();

async function refuseLastAdministrator(transaction: Prisma.TransactionClient, id: string): Promise<void> {
  const others = await transaction.apiKey.count({
    where: {
      id: { not: id },
      scopes: { has: 'admin' },
      revokedAt: null,
      OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }],
    },
  });
  if (others === 0) {
    throw new Problem(
      409,
      'This is the last live key with the scope "admin". Make another one first, or nobody could make keys.',
    );
  }
}

const isTaken = (error: unknown) =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';

const tokenTaken = () =>
  new Problem(409, 'A key has this token already. Give another one, or none to have one made.', [
    { field: 'token', problem: 'must be a token that no key has or had' },
  ]);
