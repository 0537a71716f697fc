import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  bareEnvironment,
  cloneProject,
  isLive,
  killGroup,
  leftOf,
  nodePid,
  npmStart,
  type Run,
  removeDataDir,
  type StartOptions,
  serverPid,
} from './harness.js';

jest.setTimeout(120_000);

const describeAsRoot = process.getuid?.() === 0 && process.platform === 'linux' ? describe : describe.skip;
const runs: Run[] = [];
let dataDir: string;

beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'convoledger-start-'));
});
afterAll(() => removeDataDir(dataDir));

/** Ends whatever still runs. */
async function end(): Promise<void> {
  for (const run of runs.splice(0)) {
    killGroup(run.npm, 'SIGTERM');
    await Promise.race([run.exited, sleep(5000, undefined, { ref: false })]);
    killGroup(run.npm, 'SIGKILL');
    const server = serverPid(run.dataDir);
    if (server !== null && leftOf(run, server).length > 0) process.kill(server, 'SIGQUIT');
  }
}

/** Starts, and sees that the application answers and that its database runs. */
async function start(options: StartOptions = { dataDir }): Promise<{ run: Run; server: number }> {
  const run = await npmStart(options);
  runs.push(run);
  expect(await isLive(run)).toBe(true);
  const server = serverPid(options.dataDir);
  expect(server).not.toBeNull();
  return { run, server: server ?? 0 };
}

async function expectCleanEnd(run: Run, server: number): Promise<void> {
  expect(await run.exited).toBe(0);
  expect(leftOf(run, server)).toEqual([]);
  expect(serverPid(run.dataDir)).toBeNull();
}

describe('npm start ends with status 0 and leaves no process', () => {
  afterEach(end);

  it('at Ctrl-C in an empty environment, which reaches npm and node, and node once more through npm', async () => {
    const { run, server } = await start({ dataDir, env: bareEnvironment });
    killGroup(run.npm, 'SIGINT');
    await expectCleanEnd(run, server);
  });

  it('at SIGTERM to node', async () => {
    const { run, server } = await start();
    process.kill(nodePid(run), 'SIGTERM');
    await expectCleanEnd(run, server);
  });

  it('at a signal that comes before it is ready', async () => {
    const starting = npmStart({ dataDir });
    const failed = starting.then(
      () => 'ready',
      (error: Error) => error.message,
    );
    while (serverPid(dataDir) === null) await sleep(5);
    const server = serverPid(dataDir) ?? 0;
    // Not by asking `ps`: on a busy machine it takes longer than the start.
    const parent = Number(readFileSync(`/proc/${server}/stat`, 'utf8').split(' ')[3]);
    process.kill(parent, 'SIGTERM');
    expect(await failed).toMatch(/did not become ready/);
    expect(serverPid(dataDir)).toBeNull();
  });
});

// Each goes on with what the one before has started.
describe('npm start starts again', () => {
  let first: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    first = await start();
  });
  afterAll(end);

  it('after kill -9 of node alone, whose database ends after it', async () => {
    process.kill(nodePid(first.run), 'SIGKILL');
    await first.run.exited;
    const second = await start();
    expect(second.server).not.toBe(first.server);
    expect(leftOf(first.run, first.server)).toEqual([]);
    first = second;
  });

  it('after kill -9 of npm alone, whose node ends by itself', async () => {
    const { run } = first;
    const node = nodePid(run);
    run.npm.kill('SIGKILL');
    await run.exited;
    const next = await start();
    expect(nodePid(next.run)).not.toBe(node);
    const isThere = () => readdirSync('/proc').includes(String(node));
    for (let tries = 0; tries < 100 && isThere(); tries++) await sleep(50);
    expect(isThere()).toBe(false);
    first = next;
  });

  it('after kill -9 of everything', async () => {
    const { run, server } = first;
    killGroup(run.npm, 'SIGKILL');
    process.kill(server, 'SIGKILL');
    await run.exited;
    first = await start();
  });

  it('and goes on after kill -9 of the database alone, until SIGTERM to npm', async () => {
    const { run, server } = first;
    process.kill(server, 'SIGKILL');
    for (const until = Date.now() + 10_000; Date.now() < until && serverPid(dataDir) === server; )
      await sleep(20);
    expect(await isLive(run)).toBe(true);
    run.npm.kill('SIGTERM');
    expect(await run.exited).toBe(0);
  });
});

/** Building is tested by itself, and takes half a minute. */
function cloneWithBuild(prefix: string): string {
  const clone = cloneProject(prefix);
  cpSync('dist', join(clone, 'dist'), { recursive: true });
  return clone;
}

describeAsRoot('npm start works in a clone', () => {
  let clone: string;
  afterEach(async () => {
    await end();
    removeDataDir(join(clone, 'data'));
    rmSync(clone, { recursive: true, force: true });
  });

  it('that only root may enter, without opening it', async () => {
    clone = cloneWithBuild('/root/convoledger-');
    chmodSync(clone, 0o700);
    const { run, server } = await start({ dataDir: join(clone, 'data'), project: clone });
    expect(statSync(`/proc/${server}`).uid).not.toBe(0);
    expect(realpathSync(join(clone, 'data/postgres'))).toMatch(/^\/var\/lib\/convoledger\/postgres-/);
    expect(statSync(clone).mode & 0o777).toBe(0o700);
    run.npm.kill('SIGTERM');
    await expectCleanEnd(run, server);
  });

  it('that belongs to another user, whose npm ci ran no install scripts', async () => {
    const user = { uid: 65534, gid: 65534 };
    clone = cloneWithBuild(join(tmpdir(), 'convoledger-'));
    for (const name of readdirSync(clone).filter((name) => name !== 'node_modules')) {
      spawnSync('chown', ['-R', `${user.uid}:${user.gid}`, join(clone, name)]);
    }
    spawnSync('chown', [`${user.uid}:${user.gid}`, clone]);
    const env = { ...bareEnvironment, HOME: clone };
    const { run, server } = await start({ dataDir: join(clone, 'data'), project: clone, env, user });
    expect(statSync(`/proc/${server}`).uid).toBe(user.uid);
    run.npm.kill('SIGTERM');
    await expectCleanEnd(run, server);

    const foreign = mkdtempSync(join(tmpdir(), 'convoledger-'));
    chmodSync(foreign, 0o755);
    const { status, stdout } = spawnSync(process.execPath, ['bin/start.mjs'], {
      cwd: clone,
      env: { ...env, DATA_DIR: foreign, PORT: '0' },
      ...user,
      encoding: 'utf8',
    });
    rmSync(foreign, { recursive: true });
    expect([status, stdout]).toEqual([
      1,
      expect.stringContaining(
        `The data folder ${foreign} belongs to another user (0), and this one (65534) may not write it.`,
      ),
    ]);
  });
});
