import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMIN, INGEST } from '../harness.js';

export interface RunningProcess {
  child: ChildProcess;
  /** What it wrote on standard output. */
  said: () => string;
  /** Its address, once it says that it is ready. @throws when that takes too long */
  url: () => Promise<string>;
  /** Resident memory in MiB; null where the system does not tell. */
  memory: () => number | null;
}

/** The application as an operator runs it, in a process of its own. */
export function runProcess(databaseUrl: string): RunningProcess {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, ['bin/start.mjs'], {
    env: { ...env, DATABASE_URL: databaseUrl, INGEST_TOKEN: INGEST, ADMIN_TOKEN: ADMIN, PORT: '0' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  return {
    child,
    said: () => said,
    url: async () => {
      for (const end = Date.now() + 30_000; Date.now() < end; await sleep(50)) {
        const url = /ready: (http:\S+?)\/?$/m.exec(said)?.[1];
        if (url && (await fetch(`${url}/health/ready`)).ok) return url;
      }
      throw new Error(`It did not become ready: ${said}`);
    },
    memory: () => {
      if (process.platform !== 'linux') return null;
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1]) / 1024;
    },
  };
}
