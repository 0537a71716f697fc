import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';
import type { ApiKey } from '../database/generated/client.js';
import { hashToken } from './token.js';

export type Scope = 'ingest' | 'read' | 'admin';

/** Who is asking. `agentId` is null for a key that belongs to no single agent. */
export interface Key {
  id: string;
  label: string;
  scopes: Scope[];
  agentId: string | null;
}

/** Milliseconds for which a found key is not looked up again on the webhook lane. */
const REMEMBERED = 1_000;
const MOST_REMEMBERED = 1_000;

@Injectable()
export class KeysService {
  private readonly remembered = new Map<string, { key: Key; until: number }>();

  constructor(private readonly database: DatabaseService) {}

  /**
   * The key that one of the presented tokens belongs to, or null where all are unknown, expired or revoked.
   * @throws when the database is away: then nobody can say whether a token is good.
   */
  async find(tokens: string[]): Promise<Key | null> {
    if (tokens.length === 0) return null;
    const hashes = tokens.map((token) => Uint8Array.from(hashToken(token)));
    const found = await this.database.prisma.apiKey.findMany({
      where: {
        tokenHash: { in: hashes },
        revokedAt: null,
        OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }],
      },
    });
    const first = hashes
      .map((hash) => found.find((key) => Buffer.from(key.tokenHash).equals(hash)))
      .find(Boolean);
    return first ? asKey(first) : null;
  }

  /**
   * As `find`, but an answer may be a second old. Only for deliveries: the writer asks again inside the transaction
   * that stores them, so that a key revoked meanwhile stores nothing.
   */
  async findForDelivery(tokens: string[]): Promise<Key | null> {
    const name = tokens.join('\n');
    const known = this.remembered.get(name);
    if (known && known.until > Date.now()) return known.key;
    this.remembered.delete(name);
    const key = await this.find(tokens);
    if (key && this.remembered.size < MOST_REMEMBERED) {
      this.remembered.set(name, { key, until: Date.now() + REMEMBERED });
    }
    return key;
  }

  /** Whether a key is still good, asked of the database. */
  async isLive(id: string): Promise<boolean> {
    const key = await this.database.prisma.apiKey.findUnique({ where: { id } });
    return key !== null && key.revokedAt === null && (key.expiresAt === null || key.expiresAt > new Date());
  }
}

const asKey = (row: ApiKey): Key => ({
  id: row.id,
  label: row.label,
  scopes: row.scopes as Scope[],
  agentId: row.agentId,
});
