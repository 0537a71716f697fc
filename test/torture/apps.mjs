import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const START = fileURLToPath(new URL('../../bin/start.mjs', import.meta.url));

/** @typedef {{ port: number, kill: (signal: NodeJS.Signals) => void, ready: () => Promise<boolean>, end: () => Promise<void>, mishaps: string[] }} App */

/**
 * A real application process that is started again on its port whenever it was killed. An end that nobody asked for,
 * or a SIGTERM that is not answered with status 0, is a mishap.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<App>}
 */
export async function keepApp(env) {
  const port = await freePort();
  /** @type {string[]} */
  const mishaps = [];
  /** @type {import('node:child_process').ChildProcess} */
  let child;
  /** @type {NodeJS.Signals | null} */
  let asked = null;
  let ending = false;
  let words = '';

  const launch = () => {
    asked = null;
    child = spawn(process.execPath, [START], {
      env: { ...process.env, ...env, PORT: String(port) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr?.on('data', (chunk) => {
      words = (words + chunk).slice(-2000);
    });
    child.once('exit', (code, signal) => {
      if (asked === null) mishaps.push(`ended by itself with ${code ?? signal}: ${words}`);
      if (asked === 'SIGTERM' && code !== 0)
        mishaps.push(`answered SIGTERM with ${code ?? signal}: ${words}`);
      if (!ending) setTimeout(launch, 50);
    });
  };
  launch();

  return {
    port,
    mishaps,
    kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null || asked !== null) return;
      asked = signal;
      child.kill(signal);
    },
    async ready() {
      return fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(5000) }).then(
        (answer) => answer.ok,
        () => false,
      );
    },
    async end() {
      ending = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      asked ??= 'SIGTERM';
      child.kill(asked);
      await Promise.race([once(child, 'exit'), sleep(20_000)]);
      child.kill('SIGKILL');
    },
  };
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
