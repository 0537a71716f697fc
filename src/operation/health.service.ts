import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';
import { DiskSpace } from '../database/disk-space.js';
import { WriterService } from '../webhook/writer.service.js';

/** Milliseconds: whoever asks for readiness asks often, and a database that needs longer is not ready. */
const TIMEOUT = 2_000;
/** Milliseconds for which an answer is good for everybody who asks: proving costs a commit. */
const REMEMBERED = 500;

/** "ok", or a sentence. */
type Check = string;
type Checks = Record<'database' | 'writable' | 'schema' | 'writer' | 'line' | 'partitions' | 'disk', Check>;

const STATE = `
select pg_is_in_recovery() or current_setting('default_transaction_read_only')::boolean as read_only,
  to_regclass('public.delivery_' || to_char(now() at time zone 'UTC', 'YYYY_MM')) is not null as this_month,
  to_regclass('public.delivery_' || to_char(now() at time zone 'UTC' + interval '1 month', 'YYYY_MM')) is not null as next_month`;

@Injectable()
export class HealthService {
  private last: { checks: Promise<Checks>; until: number } | undefined;

  constructor(
    private readonly database: DatabaseService,
    private readonly writer: WriterService,
    private readonly disk: DiskSpace,
  ) {}

  /** Each thing that must hold for deliveries to be taken, with "ok" or a sentence. */
  check(): Promise<Checks> {
    if (!this.last || this.last.until < Date.now())
      this.last = { checks: this.look(), until: Date.now() + REMEMBERED };
    return this.last.checks;
  }

  private async look(): Promise<Checks> {
    const isPrepared = this.database.prepared;
    const [state, writer] = await Promise.all([
      this.state(),
      isPrepared ? this.proveWriter() : 'It waits for the schema.',
    ]);
    return {
      ...state,
      schema: isPrepared ? 'ok' : 'The schema has not been brought up to date yet.',
      writer,
      line: this.writer.status().isFull ? 'Hardly any more deliveries can wait.' : 'ok',
      disk: this.disk.low ?? 'ok',
    };
  }

  private async state(): Promise<Pick<Checks, 'database' | 'writable' | 'partitions'>> {
    try {
      const { rows } = await withTimeout(
        this.database.lookups.query<{ read_only: boolean; this_month: boolean; next_month: boolean }>(STATE),
      );
      const { read_only, this_month, next_month } = rows[0]!;
      return {
        database: 'ok',
        writable: read_only ? 'The database accepts no writes.' : 'ok',
        partitions:
          this_month && next_month
            ? 'ok'
            : 'The table of deliveries has no partition for this or the next month.',
      };
    } catch {
      return { database: 'The database cannot be reached.', writable: 'Unknown.', partitions: 'Unknown.' };
    }
  }

  private async proveWriter(): Promise<Check> {
    try {
      await withTimeout(this.writer.prove());
      return 'ok';
    } catch {
      const { batchMs } = this.writer.status();
      const busy = batchMs > TIMEOUT ? ` The batch in hand has taken ${Math.round(batchMs / 1000)} s.` : '';
      return `Nothing can be stored.${busy}`;
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
