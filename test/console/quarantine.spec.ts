import type { Browser } from 'playwright-core';
import { startTestApp, type TestApp } from '../harness.js';
import { barriersOn, message, openWindow, settled, startBrowser } from './browser.js';

describe('quarantine in the console', () => {
  let app: TestApp;
  let browser: Browser;
  beforeAll(async () => {
    app = await startTestApp();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

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

  it('says that a replayed delivery is still refused', async () => {
    const { page } = await openWindow(browser, app);
    await page.goto(`/#/quarantine?delivery=${(await waiting())[0].delivery_id}`);
    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    await page.getByText('Still refused').waitFor();
  });

  it('replays all, and what can be read by now is stored', async () => {
    await app.send(message('settled', { conversation_id: 'one' }));
    // Refused, because its message is in another conversation; the same body is in order once that one is gone.
    await app.send(message('moved', { conversation_id: 'two' }));
    await app.send(message('moved', { conversation_id: 'three' }));
    const { page } = await openWindow(browser, app);
    await page.goto('/#/quarantine');
    await settled(page);
    const before = (await waiting()).length;
    await page.getByRole('button', { name: 'Replay all' }).click();
    await page.getByText(`${before} replayed`).waitFor();
  });
});
