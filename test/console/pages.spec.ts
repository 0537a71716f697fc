import type { Browser, Page } from 'playwright-core';
import { startTestApp, type TestApp } from '../harness.js';
import { barriersOn, message, openWindow, settled, startBrowser } from './browser.js';

const PAGES = [
  '/',
  '/?view=table',
  '/?range=last-month',
  '/conversations',
  '/conversations?from=2020-01-01&to=2020-01-02',
  '/conversation?agent=default&id=conversation-rich',
  '/statements',
  '/deliveries',
  '/quarantine',
  '/agents',
  '/connect',
];

/** Bytes of compressed script that the first view may load. */
const MOST_SCRIPT = 300_000;

describe('every page', () => {
  let app: TestApp;
  let browser: Browser;
  beforeAll(async () => {
    app = await startTestApp();
    browser = await startBrowser();
    await app.send(message('plain'));
    await app.send(
      message('rich', {
        text: 'A text of its own',
        output: [
          {
            from_component_name: 'Opening hours',
            from_component_branch: '2',
            content: {
              text: 'A piece',
              audio: [{ audio: 'https://files.example/a.mp3', transcript: 'Spoken' }],
            },
          },
        ],
      }),
    );
    await app.send(
      message('question', { conversation_id: 'conversation-rich', message_type: 'QUESTION', usage: null }),
    );
    await app.send('{"message_id": "broken", ');
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  const settle = async (page: Page) => {
    await page.locator('h1').waitFor();
    await settled(page);
  };

  describe.each([
    ['light', false],
    ['dark', true],
  ])('in %s', (_, dark) => {
    it.each(PAGES)('%s has no barrier that axe finds', async (address) => {
      const { page, context, complaints } = await openWindow(browser, app, { dark });
      await page.goto(`/#${address}`);
      await settle(page);
      expect(await barriersOn(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await context.close();
    });

    it('asks for a token without a barrier', async () => {
      const { page, context, complaints } = await openWindow(browser, app, { dark, token: null });
      await page.goto('/');
      await page.getByLabel('Token', { exact: true }).waitFor();
      expect(await barriersOn(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await context.close();
    });
  });

  it.each([
    ['New agent', '/agents'],
    ['New key', '/agents'],
    ['Prices of default', '/agents'],
    ['Revoke First ingest key', '/agents'],
    ['Close a month', '/statements'],
    ['Raw deliveries', '/conversation?agent=default&id=conversation-plain'],
  ])('has no barrier in the dialog "%s"', async (name, address) => {
    for (const dark of [false, true]) {
      const { page, context, complaints } = await openWindow(browser, app, { dark });
      await page.goto(`/#${address}`);
      await page.getByRole('button', { name }).first().click();
      await page.getByRole('dialog').waitFor();
      await settled(page);
      expect(await barriersOn(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await context.close();
    }
  });

  it.each(PAGES)('%s fits a phone', async (address) => {
    const { page, context } = await openWindow(browser, app, { width: 360 });
    await page.goto(`/#${address}`);
    await settle(page);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    await context.close();
  });

  it('is there with less script than people notice', async () => {
    const { page, context } = await openWindow(browser, app);
    const scripts: string[] = [];
    page.on('response', (answer) => {
      if (answer.url().endsWith('.js')) scripts.push(answer.url());
    });
    await page.goto('/');
    await page.getByText('Dearest conversations').waitFor();
    const sizes = await Promise.all(
      scripts.map(async (url) => {
        const answer = await page.request.get(url, { headers: { 'accept-encoding': 'br' } });
        expect(answer.headers()['content-encoding']).toBe('br');
        return Number(answer.headers()['content-length']);
      }),
    );
    expect(sizes.length).toBeGreaterThan(1);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST_SCRIPT);
    await context.close();
  });

  it('loads nothing from elsewhere', async () => {
    const { page, context } = await openWindow(browser, app);
    const strange: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(app.url) && !request.url().startsWith('data:'))
        strange.push(request.url());
    });
    for (const address of PAGES) {
      await page.goto(`/#${address}`);
      await settle(page);
    }
    expect(strange).toEqual([]);
    await context.close();
  });

  it('is reached by the keyboard alone', async () => {
    const { page, context } = await openWindow(browser, app);
    await page.goto('/');
    await page.locator('.bar').first().waitFor();
    await page.keyboard.press('Tab');
    await page.getByRole('button', { name: 'Skip to the content' }).waitFor();
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    for (let stop = 0; stop < 30; stop++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate('document.activeElement.classList.contains("bar")')) break;
    }
    const labelled = () => page.evaluate('document.activeElement.getAttribute("aria-label")');
    const first = await labelled();
    await page.keyboard.press('ArrowRight');
    expect(await labelled()).not.toBe(first);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Conversations' }).waitFor();
    await context.close();
  });

  it('shows a key that only reads nothing that it may not do', async () => {
    const made = await fetch(`${app.url}/v1/keys`, {
      method: 'POST',
      headers: { authorization: 'Bearer admin-token-of-the-tests', 'content-type': 'application/json' },
      body: JSON.stringify({ label: 'reader', scopes: ['read'] }),
    });
    const { token } = (await made.json()) as { token: string };
    const { page, context } = await openWindow(browser, app, { token });
    await page.goto('/');
    await page.getByText('Dearest conversations').waitFor();
    const shown = await page.getByRole('navigation').innerText();
    expect(shown.split('\n')).toEqual(['Overview', 'Conversations', 'Statements', 'Deliveries']);
    await page.goto('/#/agents');
    await page.getByText('There is no such page here').waitFor();
    await page.goto('/#/statements');
    await page.getByRole('heading', { name: 'Statements' }).waitFor();
    expect(await page.getByRole('button', { name: 'Close a month' }).count()).toBe(0);
    await context.close();
  });
});
