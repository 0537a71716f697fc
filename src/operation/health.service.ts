import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';

/** Milliseconds: whoever asks for readiness asks often, and a database that needs longer is not ready. */
const TIMEOUT = 2_000;

type Check = 'ok' | string;

@Injectable()
export class HealthService {
  constructor(private readonly database: DatabaseService) {}

  /** Each thing that must hold for deliveries to be taken, with "ok" or a sentence. */
  async check(): Promise<Record<'database' | 'writable' | 'schema', Check>> {
    const schema = this.database.prepared ? 'ok' : 'The schema has not been brought up to date yet.';
    try {
      const { rows } = await withTimeout(
        this.database.pool.query<{ read_only: boolean }>(
          `select pg_is_in_recovery() or current_setting('default_transaction_read_only')::boolean as read_only`,
        ),
      );
      const writable = rows[0]?.read_only ? 'The database accepts no writes.' : 'ok';
      return { database: 'ok', writable, schema };
    } catch {
      return { database: 'The database cannot be reached.', writable: 'Unknown.', schema };
    }
  }
}

async function withTimeout<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('timeout')), TIMEOUT);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
