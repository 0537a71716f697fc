/** How many go on before the event loop looks again at what has arrived: 4 and 2 gave nothing more. */
const AT_ONCE = 8;

/**
 * Lets those who wait go on a few at a time, in their order. In between the event loop hears what has arrived, above all
 * the answers of the database, which has nothing to do until we act on them: while dozens of deliveries were read in one
 * go, it waited for half of the time.
 */
export class Turns {
  private waiting: (() => void)[] = [];
  private isComing = false;

  /** Resolves when it is the caller's turn. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.comeUp();
    });
  }

  private comeUp(): void {
    if (this.isComing || this.waiting.length === 0) return;
    this.isComing = true;
    setImmediate(() => {
      this.isComing = false;
      for (const go of this.waiting.splice(0, AT_ONCE)) go();
      this.comeUp();
    });
  }
}
