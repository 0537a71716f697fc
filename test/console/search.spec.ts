import type { Browser } from 'playwright-core';
import { startTestApp, type TestApp } from '../harness.js';
import { closeWindows, message, openWindow, startBrowser } from './browser.js';

describe('searching and following in the console', () => {
  let app: TestApp;
  let browser: Browser;
  beforeAll(async () => {
    app = await startTestApp();
    browser = await startBrowser();
    await app.send(
      message('lamp', { output: [{ content: { text: 'You can return the lámp within a month.' } }] }),
    );
    await app.send(message('parcel', { output: [{ content: { text: 'Your parcel is on its way.' } }] }));
  });
  afterEach(() => closeWindows(browser));
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  it('finds while one types, keeps the search in the address, and marks the hit in the transcript', async () => {
    const { page } = await openWindow(browser, app);
    await page.goto('/#/conversations');
    await page.getByText('conversation-parcel').waitFor();
    await page.getByLabel('Search').pressSequentially('lamp');
    await page.getByText('conversation-parcel').waitFor({ state: 'detached' });
    await page.waitForURL(/q=lamp/);
    await page.reload();
    await page.getByRole('link', { name: /conversation-lamp/ }).click();
    await page.locator('.message mark').getByText('lámp', { exact: true }).waitFor();
  });

  it('shows what arrives, as it arrives', async () => {
    const { page } = await openWindow(browser, app);
    await page.goto('/#/deliveries');
    await page.getByText('Live', { exact: true }).waitFor();
    await app.send(message('arriving'));
    await page.getByText('This is arriving.').waitFor();
  });
});
