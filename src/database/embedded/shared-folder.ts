import { chmod, mkdir } from 'node:fs/promises';

/** Where root keeps what the server's user could not reach in the project. */
export const SHARED_FOLDER = '/var/lib/convoledger';

/** Makes a folder that every user may enter whatever the umask is; one that exists keeps its permissions. */
export async function makeEnterable(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true });
  if (made) await chmod(folder, 0o755);
}
