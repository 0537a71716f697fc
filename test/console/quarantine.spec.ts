import { createHash } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { startTestApp, type TestApp } from '../harness.js';
import { barriersOn, closeWindows, message, openWindow, settled, startBrowser } from './browser.js';

describe('quarantine in the console', () => {
  let app: TestApp;
  let browser: Browser;
  beforeAll(async () => {
    app = await startTestApp();
    browser = await startBrowser();
  });
  afterEach(() => closeWindows(browser));
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  /** As if a rule had been relaxed since: the bytes can be read now. */
  const mend = async (id: string, body: object) => {
    const bytes = Buffer.from(JSON.stringify(body));
    const sha256 = createHash('sha256').update(bytes).digest();
    await app.database.pool.query('update delivery set body = $2, sha256 = $3 where id = $1', [
      id,
      bytes,
      sha256,
    ]);
  };
  const waiting = async () => (await app.get('/v1/quarantine?state=waiting')).body.data;

  it('marks the broken place, and dismisses with a reason', async () => {
    await app.send(message('negative', { usage: { tokens: { total_tokens: -4711 } } }));
    await app.send('{"message_id": "cut", "text": oops}');
    const { page } = await openWindow(browser, app);
    await page.goto('/#/quarantine');
    await page.getByRole('button', { name: /^Look/ }).nth(1).click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('mark').getByText('-4711', { exact: true }).waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: /^Look/ }).first().click();
    await dialog.locator('mark').getByText('o', { exact: true }).waitFor();
    await dialog.getByLabel('Reason to dismiss it').fill('a test of ours');
    await dialog.getByRole('button', { name: 'Dismiss' }).click();
    await dialog.getByText('This delivery is dismissed').waitFor();
    expect(await waiting()).toHaveLength(1);
    expect((await app.get('/v1/quarantine?state=dismissed')).body.data).toMatchObject([
      { reason: 'a test of ours' },
    ]);
  });

  it('replays one, and says so where it is still refused', async () => {
    const { page } = await openWindow(browser, app);
    const [{ delivery_id }] = await waiting();
    await page.goto(`/#/quarantine?delivery=${delivery_id}`);
    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    await page.getByText('Still refused').waitFor();
    await mend(delivery_id, message('mended'));
    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    await page.getByText('This delivery is stored').waitFor();
    expect((await app.get('/v1/messages/mended')).status).toBe(200);
  });

  it('replays all, and counts what became of them', async () => {
    const one = await app.send('{"message_id": "one"}');
    await app.send('{"message_id": "two"}');
    await mend(((await one.json()) as { delivery_id: string }).delivery_id, message('one'));
    const { page } = await openWindow(browser, app);
    await page.goto('/#/quarantine');
    await settled(page);
    await page.getByRole('button', { name: 'Replay all' }).click();
    await page.getByText('2 replayed, 1 stored, 1 waiting').waitFor();
    expect(await waiting()).toMatchObject([{ message_id: 'two' }]);
  });
});
