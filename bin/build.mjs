import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { link, mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the build depends on. Contents count, not times: a checkout may bring older files. */
const SOURCES = [
  'src',
  'prisma',
  'prisma.config.ts',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
];
const SETTINGS = ['.swcrc', 'nest-cli.json'];
/** The sources of the console's page, which is built by itself. */
const CONSOLE = join('src', 'console', 'web');
const GENERATED = join('src', 'database', 'generated');
const STAMP = '.built-from';

const BEAT_MS = 500;
const DEAD_AFTER_MS = 3000;

/**
 * Makes `dist` from the sources unless it was made from the same ones.
 *
 * The build happens in a folder of its own that becomes `dist` by renaming, with its stamp already inside. So a
 * killed build leaves no `dist` that looks finished, and a builder that outlives its killed parent spoils nothing.
 *
 * @param {string} project the project's folder
 * @param {AbortSignal} signal ends the build and all its processes at once
 * @param {(text: string) => void} say tells a person that the build takes its time
 * @throws {Error} a sentence, followed by what the build tools said
 */
export async function buildIfStale(project, signal, say) {
  if (await isFresh(project)) return;
  const unlock = await lock(join(project, 'dist-build.lock'), signal);
  try {
    // Another start may have built it while this one waited.
    if (await isFresh(project)) return;
    say('Building Convoledger. This takes about half a minute and is done once for each version.\n');
    await build(project, signal);
  } finally {
    unlock();
  }
}

async function isFresh(project) {
  // The container image has what was built, and nothing to build it from.
  if (!existsSync(join(project, 'src'))) return true;
  const dist = join(project, 'dist');
  if (!existsSync(join(dist, 'main.js'))) return false;
  const stamp = await readFile(join(dist, STAMP), 'utf8').catch(() => '');
  return stamp === (await fingerprint(project));
}

async function fingerprint(project) {
  const hash = createHash('sha256');
  const add = async (path) => {
    if (path === GENERATED) return;
    const info = await stat(join(project, path)).catch(() => null);
    if (info?.isDirectory()) {
      const names = await readdir(join(project, path));
      for (const name of names.sort()) await add(join(path, name));
    } else if (info?.isFile()) {
      hash.update(`${path}\0${info.size}\0`).update(await readFile(join(project, path)));
    }
  };
  for (const path of [...SOURCES, ...SETTINGS]) await add(path);
  return hash.digest('hex');
}

async function build(project, signal) {
  await removeLeftovers(project);
  const before = await fingerprint(project);
  const work = `dist-${randomBytes(4).toString('hex')}`;
  const finished = join(project, work, 'dist');
  await mkdir(join(project, work));
  await writeFile(
    join(project, work, 'tsconfig.json'),
    JSON.stringify({ extends: '../tsconfig.build.json', compilerOptions: { outDir: './dist' } }),
  );
  await run(project, signal, 'prisma', 'generate');
  await run(project, signal, 'nest', 'build', '--path', join(work, 'tsconfig.json'));
  const page = join(finished, 'console', 'page');
  // Read as it is: bundled first, it would be written into node_modules, which another user may own.
  const settings = ['--configLoader', 'native', '--config', join(CONSOLE, 'vite.config.js')];
  await run(project, signal, 'vite', 'build', CONSOLE, ...settings, '--outDir', page);
  if (!existsSync(join(finished, 'main.js')))
    throw new Error('The build made no dist/main.js from src/main.ts.');
  await writeFile(join(finished, STAMP), before);
  const dist = join(project, 'dist');
  if (existsSync(dist)) await rename(dist, join(project, work, 'previous'));
  await rename(finished, dist);
  await rm(join(project, work), { recursive: true, force: true });
}

async function removeLeftovers(project) {
  const names = await readdir(project);
  const left = names.filter((name) => /^dist-[0-9a-f]{8}$/.test(name));
  await Promise.all(left.map((name) => rm(join(project, name), { recursive: true, force: true })));
}

/** Runs a build tool in a process group of its own, so that an end takes everything it started along. */
async function run(project, signal, tool, ...args) {
  const path = join(project, 'node_modules', '.bin', tool);
  if (!existsSync(path)) {
    throw new Error(`The build tool ${tool} is not installed: run npm ci (with development packages) first.`);
  }
  signal.throwIfAborted();
  // Prisma would look for a newer version of itself on the network.
  const env = { ...process.env, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' };
  const child = spawn(process.execPath, [path, ...args], {
    cwd: project,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  child.stderr.on('data', (chunk) => (said += chunk));
  const end = () => process.kill(-child.pid, 'SIGKILL');
  signal.addEventListener('abort', end, { once: true });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  signal.removeEventListener('abort', end);
  if (code !== 0) throw new Error(`The build failed at "${tool} ${args[0]}":\n${said.trim()}`);
}

/**
 * Lets one process build at a time. The holder touches the file all the while; one that has not been touched for
 * three seconds belongs to a dead process. A pid would not do: another container may have that one.
 */
async function lock(path, signal) {
  for (;;) {
    const file = await open(path, 'wx').catch((error) => {
      if (error.code === 'EEXIST') return null;
      throw new Error(`The project must be built, but its folder cannot be written: ${error.message}.`);
    });
    if (file) {
      await file.close();
      break;
    }
    if (await isDead(path)) await putAside(path);
    else await sleep(100);
  }
  const beat = setInterval(() => utimes(path, new Date(), new Date()).catch(() => {}), BEAT_MS);
  const unlock = () => {
    clearInterval(beat);
    rmSync(path, { force: true });
  };
  signal.addEventListener('abort', unlock, { once: true });
  return unlock;
}

async function isDead(path) {
  const info = await stat(path).catch(() => null);
  return info !== null && Date.now() - info.mtimeMs > DEAD_AFTER_MS;
}

/** Looks again after the renaming: another starter may have replaced the dead lock by its own in between. */
async function putAside(path) {
  const aside = `${path}.${randomBytes(4).toString('hex')}`;
  await rename(path, aside).catch(() => {});
  if (!(await isDead(aside))) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}
