import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { DatabaseService } from '../../database/database.service.js';
import { lastPosition } from './changes.sql.js';

/** Milliseconds between two looks, while anybody waits. */
const LOOK_EVERY = 200;

interface Waiter {
  after: bigint;
  wake: () => void;
}

/**
 * Tells those who wait that the feed has grown. All of a process share one look at one row, five times a second and
 * only while somebody waits: this works whichever process stored the change, costs the writer nothing, and has no
 * connection that could be lost unnoticed, all of which LISTEN and NOTIFY would not.
 */
@Injectable()
export class FeedEnd implements OnModuleDestroy {
  private readonly waiters = new Set<Waiter>();
  private timer: NodeJS.Timeout | undefined;
  private isClosing = false;

  constructor(private readonly database: DatabaseService) {}

  async position(): Promise<bigint> {
    const [row] = await this.database.prisma.$queryRaw<{ position: bigint }[]>(lastPosition);
    return row!.position;
  }

  /**
   * Resolves when the feed has grown beyond a position, when the signal says so, when the server is about to stop, or
   * when the database cannot be asked: whoever waits asks it next, and learns what is the matter.
   */
  grown(after: bigint, signal: AbortSignal): Promise<void> {
    if (this.isClosing || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter = {
        after,
        wake: () => {
          this.waiters.delete(waiter);
          signal.removeEventListener('abort', waiter.wake);
          resolve();
        },
      };
      signal.addEventListener('abort', waiter.wake);
      this.waiters.add(waiter);
      this.timer ??= setTimeout(() => void this.look(), LOOK_EVERY);
    });
  }

  get closing(): boolean {
    return this.isClosing;
  }

  /** Before the server waits for its requests to end. */
  onModuleDestroy(): void {
    this.isClosing = true;
    for (const { wake } of [...this.waiters]) wake();
    clearTimeout(this.timer);
  }

  private async look(): Promise<void> {
    const end = await this.position().catch(() => null);
    for (const { after, wake } of [...this.waiters]) if (end === null || end > after) wake();
    this.timer =
      this.waiters.size > 0 && !this.isClosing ? setTimeout(() => void this.look(), LOOK_EVERY) : undefined;
  }
}
