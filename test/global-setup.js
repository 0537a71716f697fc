import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../dist/database/connect.js';
import { startEmbeddedServer } from '../dist/database/embedded-server.js';
import { migrate } from '../dist/database/migrate.js';
import { ensurePartitionsAhead } from '../dist/database/partitions.js';

const TEMPLATE = 'convoledger_test_template';

/**
 * A PostgreSQL for the whole run, and in it the template that each test file clones. TEST_DATABASE_URL names another
 * server to run the same tests on; the embedded one is started otherwise.
 *
 * Plain JavaScript on the built code, because Jest loads a set-up before it can resolve TypeScript's ".js".
 */
export default async function setUp() {
  const given = process.env.TEST_DATABASE_URL;
  let server;
  let folder;
  if (!given) {
    folder = await mkdtemp(join(tmpdir(), 'convoledger-test-'));
    // Where root starts it, the server runs as another user, who must come in.
    await chmod(folder, 0o755);
    // What a test wrote need not survive a power cut.
    server = await startEmbeddedServer({
      dataDir: folder,
      settings: { fsync: 'off', full_page_writes: 'off', autovacuum: 'off', max_connections: '200' },
    });
  }
  const url = new URL(given ?? server.url);
  process.env.TEST_SERVER_URL = url.href;
  await makeTemplate(url);
  url.pathname = TEMPLATE;
  process.env.TEST_TEMPLATE_URL = url.href;
  Object.assign(globalThis, {
    tearDownTests: async () => {
      await server?.stop();
      if (folder) await rm(folder, { recursive: true, force: true });
    },
  });
}

async function makeTemplate(serverUrl) {
  const admin = await connect(serverUrl.href, { name: 'test' });
  await admin.query(`drop database if exists ${TEMPLATE} with (force)`);
  await admin.query(`create database ${TEMPLATE} encoding 'UTF8' template template0`);
  await admin.end();
  const template = new URL(serverUrl);
  template.pathname = TEMPLATE;
  const client = await connect(template.href, { name: 'test' });
  await migrate(client);
  await ensurePartitionsAhead(client);
  await client.end();
}
