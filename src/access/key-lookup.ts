import type pg from 'pg';
import { unavailable } from '../errors/problem.js';

/** A live key, as the lookup finds it by the hash of its token. */
export interface KeyRow {
  id: string;
  label: string;
  scopes: string[];
  agent_id: string | null;
  /** Hexadecimal. */
  hash: string;
}

interface Waiting {
  hashes: Buffer[];
  settle: (rows: Map<string, KeyRow>) => void;
  fail: (error: unknown) => void;
}

/** Milliseconds: a sender wants its answer within 3 s, of which storing may take 1.9. */
const DEADLINE = 1_000;
/** Requests that one statement answers. */
const MOST_AT_ONCE = 500;

const FIND = `
select id::text, label, scopes, agent_id, encode(token_hash, 'hex') as hash from api_key
where token_hash = any ($1::bytea[]) and revoked_at is null and (expires_at is null or expires_at > clock_timestamp())`;

/**
 * Asks the database for keys, every time anew: a key that was revoked, by whatever process, is refused from the next
 * request on. A memory of a second was refused for that reason, and notifications because they arrive after the commit;
 * only a delivery may do without, since the transaction that stores it asks once more.
 * What makes it cheap is that requests that arrive while a statement runs share the next one; a lone one waits for nobody.
 */
export class KeyLookup {
  private waiting: Waiting[] = [];
  private running = false;

  constructor(private readonly pool: pg.Pool) {}

  /**
   * The live keys of these hashes, by hexadecimal hash.
   * @throws 503 where the database does not answer in time
   */
  find(hashes: Buffer[]): Promise<Map<string, KeyRow>> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting = this.waiting.filter((other) => other !== waiting);
        reject(unavailable('The database cannot answer now.'));
      }, DEADLINE);
      const waiting: Waiting = {
        hashes,
        settle: (rows) => {
          clearTimeout(timer);
          resolve(rows);
        },
        fail: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.waiting.push(waiting);
      void this.run();
    });
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    while (this.waiting.length > 0) await this.ask(this.waiting.splice(0, MOST_AT_ONCE));
    this.running = false;
  }

  private async ask(batch: Waiting[]): Promise<void> {
    const hashes = new Map(batch.flatMap((one) => one.hashes.map((hash) => [hash.toString('hex'), hash])));
    try {
      const { rows } = await this.pool.query<KeyRow>({
        name: 'find-keys',
        text: FIND,
        values: [[...hashes.values()]],
      });
      const found = new Map(rows.map((row) => [row.hash, row]));
      for (const { settle } of batch) settle(found);
    } catch (error) {
      for (const { fail } of batch) fail(error);
    }
  }
}
