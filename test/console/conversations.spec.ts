import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { startTestApp, type TestApp } from '../harness.js';
import { closeWindows, message, openWindow, settled, startBrowser } from './browser.js';

describe('conversations in the console', () => {
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

  it('shows hostile texts as text', async () => {
    const texts = [
      '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>',
      '\u202e\u2066 turned around \u202d',
      `${'very long '.repeat(10_000)}end of it`,
      'a\u0000b\ud800c',
    ];
    for (const [index, text] of texts.entries()) {
      const output = [{ from_component_name: text.slice(0, 200), content: { text } }];
      await app.send(message(`hostile-${index}`, { conversation_id: 'hostile', output }));
    }
    const { page, complaints } = await openWindow(browser, app, { width: 360 });
    await page.goto('/#/conversation?agent=default&id=hostile');
    await page.getByText('<img src=x').first().waitFor();
    expect(await page.locator('.transcript img, .transcript script').count()).toBe(0);
    expect(await page.title()).toContain('Conversations');
    await page.getByRole('button', { name: /^Show all 100,00\d characters/ }).click();
    await page.getByText('end of it').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    expect(complaints).toEqual([]);
  });

  it('plays audio of the web only', async () => {
    const audio = [
      { audio: 'https://files.example/a.mp3', transcript: 'Spoken words' },
      { audio: 'javascript:alert(1)' },
      { audio: 'data:text/html,<script>1</script>' },
      { audio: 'file:///etc/passwd' },
    ];
    await app.send(message('audio', { output: [{ content: { text: 'Listen', audio } }] }));
    const { page } = await openWindow(browser, app);
    await page.goto('/#/conversation?agent=default&id=conversation-audio');
    await page.getByText('Spoken words').waitFor();
    expect(await page.locator('audio').count()).toBe(1);
    await page.getByText('javascript:alert(1)').waitFor();
    const links = (await page.evaluate(
      '[...document.querySelectorAll("[href], [src]")].map((one) => one.href ?? one.src)',
    )) as string[];
    expect(links.filter((link) => /^(javascript|data:text|file)/.test(link))).toEqual([]);
  });

  it('has revisions and raw deliveries one click away', async () => {
    const first = message('revised', { text: 'First wording' });
    await app.send(first);
    await app.send({ ...first, text: 'Second wording', usage: { credits: { total_credits: '0.5' } } });
    const { page } = await openWindow(browser, app);
    await page.goto('/#/conversation?agent=default&id=conversation-revised');
    await page.getByText('Second wording').waitFor();
    await page.getByText('0.5 credits', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Revisions and raw deliveries' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(JSON.stringify(first)).waitFor();
    expect(await dialog.locator('section .mantine-Badge-label').allTextContents()).toEqual([
      'stored',
      'revised',
    ]);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('link', { name: 'Download the bytes' }).first().click(),
    ]);
    expect(await readFile(await download.path(), 'utf8')).toBe(JSON.stringify(first));
  });

  it('gives a conversation out as the files that the API makes', async () => {
    await app.send(message('file', { text: 'To be kept' }));
    const { page } = await openWindow(browser, app);
    await page.goto('/#/conversation?agent=default&id=conversation-file');
    for (const [name, format] of [
      ['Markdown', 'md'],
      ['CSV', 'csv'],
      ['JSON', 'json'],
    ]) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: `Export as ${name}` }).click(),
      ]);
      const file = `/v1/conversations/conversation-file/transcript?format=${format}`;
      const text = await readFile(await download.path(), 'utf8');
      expect(text).toContain('To be kept');
      expect(text).toBe(await (await page.request.get(file)).text());
    }
  });

  it('gives out everything of a range', async () => {
    await app.send(message('in-range', { create_time: 1_641_000_000 }));
    const { page } = await openWindow(browser, app);
    await page.goto('/#/?range=custom&from=2022-01-01&to=2022-01-02');
    for (const kind of ['Messages', 'Ledger entries']) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: `${kind} as CSV` }).click(),
      ]);
      const [, ...rows] = (await readFile(await download.path(), 'utf8')).trim().split('\n');
      expect(rows).toEqual([expect.stringContaining('in-range')]);
    }
  });

  it('says that there is no such conversation', async () => {
    const { page } = await openWindow(browser, app);
    await page.goto('/#/conversation?agent=default&id=nobody');
    await page.getByRole('alert').getByText('There is no such conversation.').waitFor();
  });

  it('draws only what is seen of a long list, and goes on to its end', async () => {
    const create_time = 1_600_000_000;
    for (let n = 0; n < 260; n++) await app.send(message(`many-${n}`, { create_time: create_time + n }));
    const { page } = await openWindow(browser, app);
    await page.goto('/#/conversations?to=2021-01-01');
    await settled(page);
    await page.getByText('conversation-many-259').waitFor();
    const drawn = () => page.locator('.conversation-row').count();
    for (
      let turn = 0;
      turn < 40 && !(await page.getByText('conversation-many-0', { exact: true }).count());
      turn++
    ) {
      await page.evaluate('document.querySelector(".endless").scrollBy(0, 2000)');
      await page.waitForTimeout(100);
      expect(await drawn()).toBeLessThan(60);
    }
    await page.getByText('260 conversations').waitFor();

    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.evaluate('window.dispatchEvent(new Event("visibilitychange"))');
    await page.waitForTimeout(200);
    expect(asked.filter((url) => url.includes('/v1/conversations'))).toEqual([]);
    await page.getByText('conversation-many-0', { exact: true }).click();
    await page.getByText('This is many-0.').waitFor();
  });
});
