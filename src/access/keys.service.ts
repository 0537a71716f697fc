import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';
import { unavailable } from '../errors/problem.js';
import { hashToken } from './token.js';

export type Scope = 'ingest' | 'read' | 'admin';

/** Who is asking. `agentId` is null for a key that belongs to no single agent. */
export interface Key {
  id: string;
  label: string;
  scopes: Scope[];
  agentId: string | null;
}

interface FoundKey {
  id: string;
  label: string;
  scopes: Scope[];
  agent_id: string | null;
  token_hash: Buffer;
}

const FIND = `
select id::text, label, scopes, agent_id, token_hash from api_key
where token_hash = any ($1::bytea[]) and revoked_at is null and (expires_at is null or expires_at > clock_timestamp())`;

/** Milliseconds: a sender wants its answer within 3 s. */
const DEADLINE = 2_000;
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
    const hashes = tokens.map(hashToken);
    const { rows } = await withinSeconds(
      this.database.lookups.query<FoundKey>({ name: 'find-keys', text: FIND, values: [hashes] }),
    );
    const first = hashes.map((hash) => rows.find((key) => key.token_hash.equals(hash))).find(Boolean);
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

const asKey = (row: FoundKey): Key => ({
  id: row.id,
  label: row.label,
  scopes: row.scopes,
  agentId: row.agent_id,
});

/** Waiting for one of few connections has its own time limit, and the two must not add up to more than a sender's. */
async function withinSeconds<T>(question: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable('The database cannot answer now.')), DEADLINE);
  });
  return Promise.race([question, late]).finally(() => clearTimeout(timer));
}
