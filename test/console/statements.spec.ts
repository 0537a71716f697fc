import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { ADMIN, startTestApp, type TestApp } from '../harness.js';
import { barriersOn, message, openWindow, startBrowser } from './browser.js';

/** A moment in the middle of last month, in every zone. */
const lastMonth = () => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 15, 12));
};

describe('closing a month in the console', () => {
  let app: TestApp;
  let browser: Browser;
  beforeAll(async () => {
    app = await startTestApp();
    browser = await startBrowser();
    const create_time = lastMonth().getTime() / 1_000;
    await app.send(message('whole', { create_time }));
    await app.send(message('without', { create_time, usage: null }));
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  it('takes three clicks, shows what is frozen, and gives out the very bytes of the API', async () => {
    const period = lastMonth().toISOString().slice(0, 7);
    const { page } = await openWindow(browser, app);
    await page.goto('/#/');
    await page.getByRole('link', { name: 'Statements' }).click();
    await page.getByText('No month is closed yet').waitFor();
    await page.getByRole('button', { name: 'Close a month' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('cell', { name: '0.0573' }).waitFor();
    await dialog.getByText('1 answers came without usage').waitFor();
    await dialog.getByRole('button', { name: `Close ${period}` }).click();
    await dialog.getByText('The month is closed').waitFor();
    const hash = await dialog.getByTestId('sha256').innerText();

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('link', { name: 'Download the statement (JSON)' }).click(),
    ]);
    const file = await readFile(await download.path());
    const { data } = (await app.get('/v1/statements')).body;
    expect(data).toHaveLength(1);
    const document = await fetch(`${app.url}/v1/statements/${data[0].id}/document`, {
      headers: { authorization: `Bearer ${ADMIN}` },
    });
    expect(file.equals(Buffer.from(await document.arrayBuffer()))).toBe(true);
    expect(createHash('sha256').update(file).digest('hex')).toBe(hash);
    expect(data[0].sha256).toBe(hash);
  });

  it('shows what arrives later as a restatement, and a replaced statement as replaced', async () => {
    const create_time = lastMonth().getTime() / 1_000;
    await app.send(message('late', { create_time }));
    for (const dark of [false, true]) {
      const { page, context } = await openWindow(browser, app, { dark });
      await page.goto('/#/statements');
      await page.getByText('1 restatement', { exact: true }).waitFor();
      expect(await barriersOn(page)).toEqual([]);
      await context.close();
    }
    const { page } = await openWindow(browser, app);
    await page.goto('/#/statements');
    await page.getByRole('button', { name: 'Replace…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('a late delivery');
    await dialog.getByRole('cell', { name: '0.1146' }).waitFor();
    await dialog.getByRole('button', { name: /^Close \d/ }).click();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByText('replaces an earlier one').waitFor();
    await page.getByText('replaced', { exact: true }).waitFor();
    const { data } = (await app.get('/v1/statements')).body;
    expect(data).toHaveLength(2);
  });
});
