import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  access,
  chown,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { connect } from '../connect.js';
import { type Account, mayEnter } from './account.js';
import { serverEnvironment } from './binaries.js';
import { makeEnterable, SHARED_FOLDER } from './shared-folder.js';

const run = promisify(execFile);

const PASSWORD_FILE = 'convoledger.password';

/** The folder that `DATA_DIR/postgres` is or points to, whether it exists or not. */
export async function clusterFolder(dataDir: string): Promise<string> {
  const plain = join(dataDir, 'postgres');
  const link = await readlink(plain).catch(() => null);
  return link === null ? plain : resolve(dataDir, link);
}

/**
 * Decides where the database of `dataDir` lies. That is `DATA_DIR/postgres`, unless the server's user cannot enter
 * DATA_DIR (a clone below /root): then a folder of its own below `/var/lib/convoledger`, and `DATA_DIR/postgres`
 * becomes a link to it. Nobody's folder is opened wider for it.
 */
export async function placeCluster(dataDir: string, account: Account | undefined): Promise<string> {
  const folder = await clusterFolder(dataDir);
  if (!account || (await mayEnter(dirname(folder), account))) return folder;
  if (await lstat(join(dataDir, 'postgres')).catch(() => null)) {
    throw new Error(
      `The database in ${folder} belongs to user ${account.uid}, who may not enter ${dirname(folder)}: ` +
        `move it to ${SHARED_FOLDER} and leave a link to it at ${join(dataDir, 'postgres')}.`,
    );
  }
  const elsewhere = join(SHARED_FOLDER, `postgres-${randomBytes(4).toString('hex')}`);
  await makeEnterable(SHARED_FOLDER);
  // The link comes first: a start that is killed now finds its place again instead of leaving a nameless folder.
  await symlink(elsewhere, join(dataDir, 'postgres'));
  return elsewhere;
}

/**
 * Makes the cluster if it is not there: UTF-8 whatever the environment says, C locale, SCRAM with a random
 * password. It is made under another name and renamed, so a folder under the final name is whole.
 *
 * @throws a sentence for the operator
 */
export async function createClusterIfMissing(folder: string, bin: string, account?: Account): Promise<void> {
  await removeHalfMade(folder);
  if (await exists(join(folder, 'PG_VERSION'))) return;
  const aside = `${folder}.new-${randomBytes(4).toString('hex')}`;
  const passwordFile = `${aside}.password`;
  await mkdir(aside, { mode: 0o700 });
  await writeFile(passwordFile, randomBytes(24).toString('hex'), { mode: 0o600, flush: true });
  if (account) await Promise.all([aside, passwordFile].map((path) => chown(path, account.uid, account.gid)));
  const options = ['--username=convoledger', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const format = ['--encoding=UTF8', '--locale=C', '--no-instructions'];
  try {
    await run(join(bin, 'initdb'), ['-D', aside, ...options, ...format], {
      ...account,
      cwd: '/',
      env: serverEnvironment,
    });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(`No database could be made in ${dirname(folder)}: ${(stderr || message).trim()}`);
  }
  await rename(passwordFile, join(aside, PASSWORD_FILE));
  await rename(aside, folder).catch(() => {
    throw new Error(
      `The folder ${folder} holds files but no database; empty it, or choose another DATA_DIR.`,
    );
  });
  await syncFolder(dirname(folder));
}

/** @throws a sentence if the password cannot be read, which is so for another user than the owner and root */
export async function clusterUrl(folder: string, port: number): Promise<string> {
  const password = await readFile(join(folder, PASSWORD_FILE), 'utf8').catch((error: Error) => {
    throw new Error(`The password of the embedded database cannot be read: ${error.message}.`);
  });
  return `postgresql://convoledger:${password}@127.0.0.1:${port}/convoledger`;
}

export async function createDatabaseIfMissing(url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  const client = await connect(Object.assign(new URL(url), { pathname: '/postgres' }).href, {
    name: 'start',
  });
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

/** Called by the owner of the data folder only, so nobody else is at work on these. */
async function removeHalfMade(folder: string): Promise<void> {
  const parent = dirname(folder);
  const names = await readdir(parent);
  const halfMade = names.filter((name) => name.startsWith(`${basename(folder)}.new-`));
  await Promise.all(halfMade.map((name) => rm(join(parent, name), { recursive: true, force: true })));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw new Error(`The embedded database cannot be read: ${error.message}.`);
    },
  );
}

/** Without this, a power cut could undo the renaming and hide everything stored since. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
