import { closeSync, openSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The kernel takes 107 bytes on Linux and 103 on macOS; a longer one may be cut without a word. */
const MAX_SOCKET_PATH = 100;

export interface OwnerLock {
  release(): Promise<void>;
}

/**
 * Makes this process the only one that may start, stop or repair the server of a data folder.
 *
 * The lock is a listening socket in that folder. It ends with the process, however that ends, so neither a
 * recycled pid nor a lock file left by `kill -9` can deceive. A lock inside the database was refused: it could
 * say nothing while the server is down, which is when two starters hurt each other most. A socket of the file
 * system, unlike an abstract one or a port, is also seen from another container that shares the folder.
 *
 * @throws a sentence naming the process that has the folder
 */
export async function takeOwnership(dataDir: string): Promise<OwnerLock> {
  const { folder, close } = shortPath(dataDir);
  const path = join(folder, 'owner.sock');
  try {
    const server = await listenOrTakeOver(path, dataDir);
    return {
      release: () =>
        new Promise((resolve) =>
          server.close(() => {
            close();
            resolve();
          }),
        ),
    };
  } catch (error) {
    close();
    throw error;
  }
}

async function listenOrTakeOver(path: string, dataDir: string): Promise<Server> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const server = await listen(path);
    if (server) return server;
    await removeIfDead(path, dataDir);
  }
  throw new Error(
    `The data folder ${dataDir} is being claimed by several processes at once; start one of them.`,
  );
}

/** Binding is what decides: the kernel lets only one process make the socket file. */
function listen(path: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(String(process.pid));
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') return resolve(null);
      reject(new Error(`The data folder cannot be locked with ${path}: ${error.message}.`));
    });
    // An owner's lock must not keep alive a process that has nothing else to do.
    server.listen(path, () => resolve(server.unref()));
  });
}

/**
 * A dead socket is renamed before it is removed, and asked once more under its new name: had another starter put
 * its own there in between, that one would answer now and is put back.
 */
async function removeIfDead(path: string, dataDir: string): Promise<void> {
  const owner = await askOwner(path);
  if (owner !== null) throw inUse(dataDir, owner);
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  await sleep(50);
  const second = await askOwner(aside);
  if (second === null) return rm(aside, { force: true });
  await rename(aside, path);
  throw inUse(dataDir, second);
}

/** The pid that answers on the socket, `''` if something holds it without answering, or null if it is dead. */
function askOwner(path: string): Promise<string | null> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(path);
    socket.setTimeout(2000, () => {
      socket.destroy();
      resolve('');
    });
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.once('end', () => resolve(answer));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') return resolve(null);
      if (error.code === 'ECONNRESET') return resolve('');
      reject(new Error(`The lock ${path} of the data folder cannot be asked: ${error.message}.`));
    });
  });
}

/** Somebody alive has the data folder. */
export class FolderInUse extends Error {}

function inUse(dataDir: string, pid: string): FolderInUse {
  const who = pid ? `Another Convoledger (pid ${pid})` : 'Another Convoledger';
  return new FolderInUse(
    `${who} uses the data folder ${dataDir}; stop it, or give this one another DATA_DIR.`,
  );
}

function shortPath(dataDir: string): { folder: string; close: () => void } {
  const fits = (folder: string) => Buffer.byteLength(folder) + 30 <= MAX_SOCKET_PATH;
  const nothing = () => {};
  if (fits(dataDir)) return { folder: dataDir, close: nothing };
  const nearby = relative(process.cwd(), dataDir) || '.';
  if (fits(nearby)) return { folder: nearby, close: nothing };
  if (process.platform !== 'linux') {
    throw new Error(
      `The path of the data folder ${dataDir} is too long; choose a DATA_DIR of at most 70 bytes.`,
    );
  }
  const descriptor = openSync(dataDir, 'r');
  return { folder: `/proc/self/fd/${descriptor}`, close: () => closeSync(descriptor) };
}
