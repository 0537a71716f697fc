import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The user that the server runs as. */
export interface Account {
  uid: number;
  gid: number;
}

/**
 * PostgreSQL refuses to run as root, so root lends it a user: the owner of existing data, else `postgres` or
 * `convoledger`, else a system user made now.
 *
 * @returns undefined where this process is not root and the server simply runs as the same user
 * @throws a sentence if no user can be had
 */
export async function serverAccount(folder: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(folder).catch(() => null);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const known = (await lookUp('postgres')) ?? (await lookUp('convoledger'));
  if (known) return known;
  await makeUser();
  const made = await lookUp('convoledger');
  if (made) return made;
  throw new Error(
    'PostgreSQL does not run as root and no user could be made for it: ' +
      'add a system user called convoledger, start Convoledger as another user, or set DATABASE_URL.',
  );
}

async function lookUp(name: string): Promise<Account | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return null;
  }
}

/** shadow's command first, then the one of BusyBox, whose options differ. */
async function makeUser(): Promise<void> {
  const shadow = ['--system', '--user-group', '--no-create-home', '--shell', '/sbin/nologin', 'convoledger'];
  const made = await run('useradd', shadow).catch(() => null);
  if (made) return;
  await run('adduser', ['-S', '-D', '-H', 'convoledger']).catch(() => null);
}

/** Whether the server's user may enter a folder; asked by trying, since access lists and mounts count too. */
export async function mayEnter(folder: string, account: Account): Promise<boolean> {
  const tried = run('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...account, cwd: '/' });
  return tried.then(
    () => true,
    () => false,
  );
}
