// `npm run screenshots`: starts the built application on an empty database, sends it some conversations and takes the
// README's pictures. `npm run screenshots -- <folder>` takes every page in light, dark and at a phone's width instead.
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { chromium } from 'playwright-core';
import { createApp } from '../dist/app.js';
import { readConfig } from '../dist/config.js';
import { DatabaseService } from '../dist/database/database.service.js';
import { startEmbeddedServer } from '../dist/database/embedded-server.js';
import { prepareDatabase } from '../dist/database/prepare.js';
import { createLogger } from '../dist/logging.js';
import { fillWithExamples } from './screenshots/examples.mjs';

const TOKENS = { INGEST_TOKEN: 'ingest-token-of-the-pictures', ADMIN_TOKEN: 'admin-token-of-the-pictures' };

const folder = process.argv[2] ?? 'docs';
const isForReadme = process.argv[2] === undefined;
mkdirSync(folder, { recursive: true });

const dataDir = mkdtempSync(join(tmpdir(), 'convoledger-pictures-'));
// Where root starts it, the server runs as another user, who must come in.
chmodSync(dataDir, 0o755);
const server = await startEmbeddedServer({ dataDir });
const config = readConfig({ ...TOKENS, REPORT_TZ: 'Europe/Berlin' });
const logger = createLogger('error');
const app = await createApp(config, server.url, logger);
await app.listen(0, '127.0.0.1');
await prepareDatabase(app.get(DatabaseService), config, logger, new AbortController().signal);
const url = `http://127.0.0.1:${app.getHttpServer().address().port}`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  const shown = await fillWithExamples(url, TOKENS);
  const pages = [
    ['overview', '/'],
    ['overview-table', '/?view=table&by=message_type&show=tokens'],
    ['behind', '/behind?from=2020-01-01&to=2099-01-01'],
    ['conversations', '/conversations'],
    ['search', '/conversations?q=sundays'],
    ['conversation', `/conversation?agent=default&id=${shown}`],
    ['statements', '/statements'],
    ['deliveries', '/deliveries'],
    ['quarantine', '/quarantine'],
    ['agents', '/agents'],
    ['connect', '/connect'],
    ['closing', '/statements', 'Close a month'],
    ['refused', '/quarantine', 'Look at the delivery'],
    ['raw', `/conversation?agent=default&id=${shown}`, 'raw deliveries'],
    ['prices', '/agents', 'Prices of default'],
    ['new-key', '/agents', 'New API key'],
  ];
  if (isForReadme) {
    await picture('light', { width: 1280, height: 840 }, pages[0], 'overview');
    await picture('dark', { width: 1280, height: 840 }, pages[5], 'conversation');
  } else {
    for (const page of pages) {
      await picture('light', { width: 1280, height: 900 }, page, `${page[0]}-light`);
      await picture('dark', { width: 1280, height: 900 }, page, `${page[0]}-dark`);
      await picture('light', { width: 390, height: 844 }, page, `${page[0]}-phone`);
    }
  }
} finally {
  await browser.close();
  await app.close();
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

async function picture(colorScheme, viewport, [, address, button], name) {
  const context = await browser.newContext({ colorScheme, viewport, locale: 'en-GB' });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') console.error(`${name}: ${message.text()}`);
  });
  await page.request.post(`${url}/console/session`, {
    headers: { 'x-convoledger-console': '1' },
    data: { token: TOKENS.ADMIN_TOKEN },
  });
  await page.goto(`${url}/#${address}`);
  await page.waitForSelector('h1');
  if (button) await page.getByRole('button', { name: button }).first().click();
  // The changes feed keeps a request open, so the network is never idle there.
  await page.waitForTimeout(1_500);
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: !isForReadme });
  await context.close();
}
