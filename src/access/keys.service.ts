import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import type pg from 'pg';
import type { Logger } from 'pino';
import { createPool } from '../database/connect.js';
import { DatabaseService } from '../database/database.service.js';
import { LOGGER } from '../logging.js';
import type { Key, Scope } from './key.js';
import { KeyLookup, type KeyRow } from './key-lookup.js';
import { LastUses } from './last-uses.js';
import { RememberedKeys } from './remembered-keys.js';
import { hashToken } from './token.js';

/** Milliseconds for a statement. */
const TIMEOUT = 2_000;
/** Milliseconds between two savings of when keys were used. */
const SAVE_EVERY = 60_000;

/** Tells who presents a token. */
@Injectable()
export class KeysService implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  readonly lastUses = new LastUses();
  private readonly pool: pg.Pool;
  private readonly lookup: KeyLookup;
  private readonly remembered = new RememberedKeys();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    database: DatabaseService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    // A connection of its own: readers that hold all of theirs must not keep deliveries out.
    this.pool = createPool(
      database.url,
      { name: 'keys', max: 1, statementTimeoutMs: TIMEOUT, queryTimeoutMs: TIMEOUT, plansForIndexes: true },
      logger,
    );
    this.lookup = new KeyLookup(this.pool);
  }

  onModuleInit(): void {
    this.timer = setInterval(() => void this.saveLastUses(), SAVE_EVERY).unref();
  }

  /**
   * The key that the first of the presented tokens that is known belongs to, or null where all are unknown, expired or
   * revoked. The database is asked each time.
   * @throws when the database is away: then nobody can say whether a token is good.
   */
  async find(tokens: string[]): Promise<Key | null> {
    if (tokens.length === 0) return null;
    const hashes = tokens.map(hashToken);
    const found = await this.lookup.find(hashes);
    const row = hashes.map((hash) => found.get(hash.toString('hex'))).find(Boolean);
    if (!row) return null;
    this.lastUses.note(row.id);
    return asKey(row);
  }

  /**
   * The same for a delivery, whose key is not asked for again within seconds: the transaction that stores it does that.
   * For what is not stored, ask `isLive`.
   */
  async findForDelivery(tokens: string[]): Promise<Key | null> {
    const remembered = this.remembered.recall(tokens);
    if (remembered) {
      this.lastUses.note(remembered.id);
      return remembered;
    }
    const key = await this.find(tokens);
    if (key?.agentId && key.scopes.includes('ingest')) this.remembered.remember(tokens, key);
    return key;
  }

  /** A key that is no longer live: the next request with its token is asked for again. */
  forget(id: string): void {
    this.remembered.forget(id);
  }

  /** @throws when the database is away */
  async isLive(id: string): Promise<boolean> {
    const { rowCount } = await this.pool.query({
      name: 'is-live',
      text: `select from api_key where id = $1 and revoked_at is null and (expires_at is null or expires_at > clock_timestamp())`,
      values: [id],
    });
    return rowCount === 1;
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.saveLastUses();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }

  private async saveLastUses(): Promise<void> {
    await this.lastUses
      .save(this.pool)
      .catch((error) => this.logger.warn({ err: error }, 'when keys were last used could not be saved'));
  }
}

const asKey = (row: KeyRow): Key => ({
  id: row.id,
  label: row.label,
  scopes: row.scopes as Scope[],
  agentId: row.agent_id,
});
