import type { Delivery, Outcome } from './delivery.js';

/** A delivery whose sender waits for what becomes of it. */
export interface Waiting {
  /** Milliseconds since 1970. */
  since: number;
  delivery: Delivery;
  /** It cannot simply be stored, so it is decided about by what is known. */
  isKnown?: true;
  settle: (outcome: Outcome) => void;
  fail: (error: unknown) => void;
}

/** What of the line goes into one transaction: what fits one statement well. */
const BATCH = { deliveries: 250, bytes: 16 * 1024 * 1024 };

/** How much may wait; what does not fit is told to come again. */
const BOUND = { deliveries: 4_000, bytes: 128 * 1024 * 1024 };
/** How much of that may wait before readiness says no: soon nothing more will fit. */
const FULL = 0.9;

/** Deliveries that wait to be stored, in the order they are stored in. */
export class WaitingLine {
  private waiting: Waiting[] = [];
  private onGrowth: (() => void) | null = null;
  private waitingBytes = 0;

  get length(): number {
    return this.waiting.length;
  }

  get bytes(): number {
    return this.waitingBytes;
  }

  /** Milliseconds that the first of the line has waited; 0 where nobody waits. */
  get oldestMs(): number {
    return this.waiting[0] ? Date.now() - this.waiting[0].since : 0;
  }

  get isFull(): boolean {
    return this.length >= BOUND.deliveries * FULL || this.bytes >= BOUND.bytes * FULL;
  }

  hasRoomFor(delivery: Delivery): boolean {
    return this.length < BOUND.deliveries && this.bytes + sizeOf(delivery) <= BOUND.bytes;
  }

  add(waiting: Waiting): void {
    this.waiting.push(waiting);
    this.waitingBytes += sizeOf(waiting.delivery);
    this.onGrowth?.();
  }

  /** Takes out one that nobody waits for any more; does nothing where it is taken already. */
  leave(waiting: Waiting): void {
    const index = this.waiting.indexOf(waiting);
    if (index >= 0) this.cut(index, 1);
  }

  /** Whether any of those that may be in the next batch is such a one. */
  hasNext(isSuch: (waiting: Waiting) => boolean): boolean {
    return this.waiting.slice(0, BATCH.deliveries).some(isSuch);
  }

  /** Takes from the front what fits into one batch. */
  takeBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    while (count < this.length && count < BATCH.deliveries) {
      bytes += sizeOf(this.waiting[count]!.delivery);
      if (count > 0 && bytes > BATCH.bytes) break;
      count += 1;
    }
    return this.cut(0, count);
  }

  /** Puts back what could not simply be stored, before all that came later, to be decided about. */
  putBack(known: Waiting[]): void {
    if (known.length === 0) return;
    for (const one of known) {
      one.isKnown = true;
      this.waitingBytes += sizeOf(one.delivery);
    }
    const first = this.waiting.findIndex(({ isKnown }) => !isKnown);
    this.waiting.splice(first < 0 ? this.length : first, 0, ...known);
  }

  /** Resolves once that many wait, unless somebody asks later. */
  hasGrownTo(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.onGrowth = () => {
        if (this.length >= count) resolve();
      };
      this.onGrowth();
    });
  }

  private cut(start: number, count: number): Waiting[] {
    const taken = this.waiting.splice(start, count);
    for (const { delivery } of taken) this.waitingBytes -= sizeOf(delivery);
    return taken;
  }
}

const sizeOf = ({ body }: Delivery) => body.length;
