import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createApp } from '../dist/app.js';
import { readConfig } from '../dist/config.js';
import { DatabaseService } from '../dist/database/database.service.js';
import { startEmbeddedServer } from '../dist/database/embedded-server.js';
import { prepareDatabase } from '../dist/database/prepare.js';
import { createLogger } from '../dist/logging.js';

export const ADMIN = 'bench-admin-token';

/** A folder that is gone when the process ends, also by Ctrl-C: databases of millions of rows would fill the disk. */
export function temporaryFolder(name, parent = tmpdir()) {
  const folder = mkdtempSync(join(parent, `convoledger-${name}-`));
  // Where root starts it, the server runs as another user, who must come in.
  chmodSync(folder, 0o755);
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  return folder;
}

/** The application on a database of its own, whose rows the benchmark writes itself, and a client of that database. */
export async function openArchive(folder, settings = {}) {
  const server = await startEmbeddedServer({
    dataDir: folder,
    settings: { shared_buffers: '512MB', max_wal_size: '4GB', synchronous_commit: 'off', ...settings },
  });
  const logger = createLogger('error');
  const config = readConfig({ ADMIN_TOKEN: ADMIN, INGEST_TOKEN: 'bench-ingest-token' });
  const app = await createApp(config, server.url, logger);
  const client = new pg.Client({ connectionString: server.url });
  await app.listen(0, '127.0.0.1');
  await prepareDatabase(app.get(DatabaseService), config, logger, new AbortController().signal);
  await client.connect();
  const close = async () => {
    await client.end();
    await app.close();
    await server.stop();
  };
  return { app, client, close };
}
