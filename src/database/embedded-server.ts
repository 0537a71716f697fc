import { access, constants, mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { serverAccount } from './embedded/account.js';
import { runnableBinaries } from './embedded/binaries.js';
import {
  clusterFolder,
  clusterUrl,
  createClusterIfMissing,
  createDatabaseIfMissing,
  placeCluster,
} from './embedded/cluster.js';
import { takeOwnership } from './embedded/owner-lock.js';
import { findPostmaster } from './embedded/postmaster.js';
import { SHARED_FOLDER } from './embedded/shared-folder.js';
import { type OnEvent, superviseServer } from './embedded/supervise.js';

export interface EmbeddedServer {
  /** `postgresql://…@127.0.0.1:port/convoledger`; stays the same when the server has to be started again. */
  url: string;
  /**
   * Ends the server (fast shutdown) and frees the data folder. May be called more than once.
   * @param timeoutMs after which it is ended the hard way, which loses nothing; 15 s by default
   */
  stop(timeoutMs?: number): Promise<void>;
}

export interface EmbeddedServerOptions {
  dataDir: string;
  /** PostgreSQL settings beside, or in place of, the usual ones. */
  settings?: Record<string, string>;
  /** Hears of what an operator may want in the log; carries no statement and no password. */
  onEvent?: OnEvent;
  /** Gives the start up: what was started is stopped and the promise is rejected with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Durable, sized for a small machine, reachable from this machine only and through TCP only: the path of a socket
 * file has a length limit that a DATA_DIR may exceed. Statements are never logged, for they can hold messages.
 */
const SETTINGS: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  cluster_name: 'convoledger',
  fsync: 'on',
  synchronous_commit: 'on',
  max_connections: '60',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  wal_compression: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
  logging_collector: 'off',
  log_destination: 'stderr',
  log_line_prefix: '',
  log_min_error_statement: 'panic',
};

/**
 * Starts the PostgreSQL that npm installed on the data of `dataDir`, after whatever happened to an earlier run:
 * makes the database at the first start, stops a server that a killed owner left, and keeps the server running.
 *
 * Linux and macOS. The data lies in `DATA_DIR/postgres`, see `placeCluster` for root.
 *
 * @throws a sentence for the operator: another Convoledger uses the folder, no user to run as, …
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const { onEvent = () => {}, signal = new AbortController().signal } = options;
  const dataDir = await openDataDir(options.dataDir);
  const lock = await takeOwnership(dataDir);
  try {
    const account = await serverAccount(await clusterFolder(dataDir));
    const bin = await runnableBinaries(account ? SHARED_FOLDER : dataDir, account);
    const placed = await placeCluster(dataDir, account);
    await createClusterIfMissing(placed, bin, account);
    signal.throwIfAborted();
    const folder = await realpath(placed);
    const settings = { ...SETTINGS, ...options.settings };
    const server = await superviseServer({ folder, bin, account, settings, onEvent }, signal);
    const url = await clusterUrl(folder, server.port);
    await createDatabaseIfMissing(url).catch(async (error: Error) => {
      await server.stop();
      throw error;
    });
    let stopped: Promise<void> | undefined;
    const stop = (timeoutMs?: number) => server.stop(timeoutMs).finally(lock.release);
    return {
      url,
      stop: (timeoutMs) => {
        stopped ??= stop(timeoutMs);
        return stopped;
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * The address of the embedded database for a command line tool, or null if none runs on `dataDir` at the moment.
 *
 * @throws a sentence if this user may not read the password
 */
export async function embeddedUrlIfRunning(dataDir: string): Promise<string | null> {
  const real = await realpath(dataDir).catch(() => null);
  if (real === null) return null;
  const folder = await realpath(await clusterFolder(real)).catch(() => null);
  if (folder === null) return null;
  const found = findPostmaster(folder);
  return found?.ready ? clusterUrl(folder, found.port) : null;
}

async function openDataDir(dataDir: string): Promise<string> {
  try {
    await makeFolder(resolve(dataDir));
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return await realpath(dataDir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const { uid } = await stat(dataDir).catch(() => ({ uid: undefined }));
    if (code === 'EACCES' && uid !== undefined && uid !== process.getuid?.()) {
      throw new Error(
        `The data folder ${resolve(dataDir)} belongs to another user (${uid}), and this one (${process.getuid?.()}) may not write it. Run Convoledger as that user, or choose another DATA_DIR.`,
      );
    }
    throw new Error(`DATA_DIR must be a folder that can be made and written here (${code}).`);
  }
}

/** Node's own recursive mkdir tries for ever where the system makes no folder in one that is there, as below /proc. */
async function makeFolder(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  if (dirname(folder) !== folder) await makeFolder(dirname(folder));
  await mkdir(folder).catch(async (error: unknown) => {
    // Another process may have been faster.
    if (!(await isFolder(folder))) throw error;
  });
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
