import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DatabaseService } from '../database/database.service.js';
import { isWebhook } from '../errors/error.filter.js';
import { Problem } from '../errors/problem.js';
import type { Key, Scope } from './key.js';
import { cookieIn, readSession, sessionSecret, setCookie, writeSession } from './session-cookie.js';

/** Seconds: a working day. */
const LIFE = 12 * 60 * 60;

/** A page of another origin cannot set it without asking first, which this server never allows. */
const CSRF_HEADER = 'x-convoledger-console';

/**
 * The sessions of the console: a signed cookie that names a key. It works in every process without a table, and since
 * the key is looked up for each request, revoking it ends all its sessions at once. Signing out makes the browser forget
 * the cookie; a copy that somebody took before ends with the key, or by itself after twelve hours.
 */
@Injectable()
export class SessionsService {
  private secret: Buffer | undefined;

  constructor(private readonly database: DatabaseService) {}

  /**
   * Who asks by cookie, or null. A request that brings a token, and the lane of the senders, never go by cookie.
   * @throws 403 where something would change without the header that only our own page can set
   */
  async find(request: FastifyRequest): Promise<Key | null> {
    if (isWebhook(request) || request.headers.authorization !== undefined) return null;
    const cookie = cookieIn(request.headers.cookie);
    const session = cookie === null ? null : readSession(await this.key(), cookie, Date.now());
    if (!session) return null;
    const key = await this.liveKey(session.keyId);
    if (key && request.method !== 'GET' && request.method !== 'HEAD') requireOwnPage(request);
    return key;
  }

  async begin(request: FastifyRequest, reply: FastifyReply, keyId: string): Promise<void> {
    const value = writeSession(await this.key(), { keyId, until: Date.now() + LIFE * 1_000 });
    reply.header('set-cookie', setCookie(value, LIFE, request.protocol === 'https'));
  }

  end(request: FastifyRequest, reply: FastifyReply): void {
    reply.header('set-cookie', setCookie('', 0, request.protocol === 'https'));
  }

  /** The key of this id, if it is neither revoked nor expired. */
  async liveKey(id: string): Promise<Key | null> {
    const row = await this.database.prisma.apiKey.findFirst({
      where: { id, revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }] },
    });
    return row && { id: row.id, label: row.label, scopes: row.scopes as Scope[], agentId: row.agentId };
  }

  private async key(): Promise<Buffer> {
    this.secret ??= sessionSecret((await this.database.prisma.instance.findFirstOrThrow()).cursorKey);
    return this.secret;
  }
}

/** @throws 403 for a request that a page of another site may have caused */
export function requireOwnPage(request: FastifyRequest): void {
  if (request.headers[CSRF_HEADER] === undefined)
    throw new Problem(403, `A session may change something only with the header "${CSRF_HEADER}".`);
}
