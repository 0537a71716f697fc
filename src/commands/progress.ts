import { Presets, SingleBar } from 'cli-progress';

/** Milliseconds between two lines where nobody watches a terminal. */
const LINE_EVERY = 5_000;

export interface Progress {
  advance(by: number): void;
  stop(): void;
}

/**
 * How far a command has come, and how much longer it will take, on standard error: a bar on a terminal, and otherwise
 * a line now and then, so that a log stays readable.
 */
export function showProgress(what: string, total: number): Progress {
  return process.stderr.isTTY ? bar(what, total) : lines(what, total);
}

function bar(what: string, total: number): Progress {
  const single = new SingleBar(
    { format: `${what} {bar} {percentage} % · {eta_formatted} left`, stream: process.stderr, etaBuffer: 50 },
    Presets.shades_classic,
  );
  single.start(total, 0);
  return { advance: (by) => single.increment(by), stop: () => single.stop() };
}

function lines(what: string, total: number): Progress {
  const start = Date.now();
  let done = 0;
  let told = start;
  return {
    advance(by) {
      done += by;
      const now = Date.now();
      if (now - told < LINE_EVERY || done === 0) return;
      told = now;
      const left = Math.ceil((((now - start) / done) * (total - done)) / 1_000);
      process.stderr.write(`${what}: ${Math.floor((done / total) * 100)} %, about ${left} s left\n`);
    },
    stop() {},
  };
}
