import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { cloneProject } from './harness.js';

jest.setTimeout(120_000);

const BUILDING = 'Building Convoledger. This takes about half a minute and is done once for each version.\n';

/** A clone whose application only greets, so that the build is what these tests see. */
let clone: string;

beforeAll(() => {
  clone = cloneProject(join(tmpdir(), 'convoledger-build-'));
});
beforeEach(() => {
  rmSync(join(clone, 'src'), { recursive: true, force: true });
  rmSync(join(clone, 'dist'), { recursive: true, force: true });
  const page = join(clone, 'src/console/web');
  mkdirSync(page, { recursive: true });
  writeFileSync(join(page, 'vite.config.js'), 'export default {};');
  writeFileSync(join(page, 'index.html'), '<!doctype html><p>hello</p>');
  write("console.log('hello');");
});
afterAll(() => rmSync(clone, { recursive: true, force: true }));

function write(main: string): void {
  writeFileSync(join(clone, 'src/main.ts'), main);
}

function start(): ChildProcess {
  return spawn(process.execPath, ['bin/start.mjs'], { cwd: clone, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function finished(
  child: ChildProcess,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

async function untilBuilding(): Promise<void> {
  while (!existsSync(join(clone, 'dist-build.lock'))) await sleep(5);
  await sleep(200);
}

/** Processes whose working folder is the clone: the build tools. */
function atWork(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(clone);
    } catch {
      return false;
    }
  });
}

describe('npm start builds', () => {
  it('at the first start, saying so, and again after a change, but not while nothing changes or no sources are there', async () => {
    expect(await finished(start())).toEqual({ code: 0, stdout: `${BUILDING}hello\n`, stderr: '' });
    const built = statSync(join(clone, 'dist/main.js')).ino;
    expect(await finished(start())).toEqual({ code: 0, stdout: 'hello\n', stderr: '' });
    expect(statSync(join(clone, 'dist/main.js')).ino).toBe(built);
    // As in the container image.
    renameSync(join(clone, 'src'), join(clone, 'gone'));
    const withoutSources = await finished(start());
    renameSync(join(clone, 'gone'), join(clone, 'src'));
    expect(withoutSources).toEqual({ code: 0, stdout: 'hello\n', stderr: '' });
    write("console.log('goodbye');");
    expect((await finished(start())).stdout).toBe(`${BUILDING}goodbye\n`);
  });

  it('once for two starts at the same moment', async () => {
    const results = await Promise.all([finished(start()), finished(start())]);
    for (const { code, stdout, stderr } of results) {
      expect([code, stdout.replace(BUILDING, ''), stderr]).toEqual([0, 'hello\n', '']);
    }
    expect(results.filter(({ stdout }) => stdout.includes(BUILDING))).toHaveLength(1);
    expect(readdirSync(clone).filter((name) => name.startsWith('dist-'))).toEqual([]);
  });

  it('for a command too, whose standard output it leaves alone', async () => {
    const child = spawn(process.execPath, ['bin/start.mjs', '--build'], { cwd: clone });
    expect(await finished(child)).toEqual({ code: 0, stdout: '', stderr: BUILDING });
  });

  it('shows what the compiler says when it fails, with status 1, and keeps no dist', async () => {
    write('const = ;');
    const { code, stdout, stderr } = await finished(start());
    expect([code, stdout]).toEqual([1, BUILDING]);
    expect(stderr).toContain('The build failed at "nest build"');
    expect(stderr).toContain('main.ts');
    expect(existsSync(join(clone, 'dist'))).toBe(false);
  });

  it('says what to run when the build tools are missing', async () => {
    renameSync(join(clone, 'node_modules/.bin/nest'), join(clone, 'node_modules/.bin/gone'));
    const { code, stderr } = await finished(start());
    renameSync(join(clone, 'node_modules/.bin/gone'), join(clone, 'node_modules/.bin/nest'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/nest is not installed: run npm ci/);
  });
});

describe('a build', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`ends at ${signal} with status 0 and takes its processes along`, async () => {
      const child = start();
      await untilBuilding();
      child.kill(signal);
      expect((await finished(child)).code).toBe(0);
      expect(existsSync(join(clone, 'dist-build.lock'))).toBe(false);
      // The kernel may need a moment to end what was killed.
      for (let tries = 0; tries < 40 && atWork().length > 0; tries++) await sleep(50);
      if (process.platform === 'linux') expect(atWork()).toEqual([]);
    });
  }

  it('killed with -9 is not mistaken for a finished one', async () => {
    const child = start();
    await untilBuilding();
    child.kill('SIGKILL');
    await finished(child);
    expect(await finished(start())).toEqual({ code: 0, stdout: `${BUILDING}hello\n`, stderr: '' });
    expect(readdirSync(clone).filter((name) => name.startsWith('dist-'))).toEqual([]);
  });
});
