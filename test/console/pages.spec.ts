import type { Browser, Page } from 'playwright-core';
import { startTestApp, type TestApp } from '../harness.js';
import {
  barriersOn,
  COLOURS,
  message,
  openWindow,
  settled,
  startBrowser,
  WCAG,
  type Window,
} from './browser.js';

const PAGES = [
  '/',
  '/?view=table',
  '/?range=last-month',
  '/behind?from=2020-01-01&to=2099-01-01',
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

/** Asked with every frame: a locator's own waiting looks twice a second. */
const THERE = `new Promise((resolve) => {
  const look = () => document.querySelector('h1') && !document.querySelector('[aria-label=Loading]')
    ? resolve() : requestAnimationFrame(look);
  look();
})`;

/** What fades from one colour into another is between them for a moment. */
const COLOURS_CHANGED = `Promise.all(document.getAnimations()
  .filter((animation) => animation instanceof CSSTransition)
  .map(({ finished }) => finished.catch(() => {})))`;

/** A page follows the system from light to dark by itself; what is not about colours is then as it was. */
async function expectNoBarrierOn(page: Page): Promise<void> {
  for (const [colorScheme, rules] of [
    ['light', WCAG],
    ['dark', COLOURS],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
    await page.evaluate(COLOURS_CHANGED);
    expect(await barriersOn(page, rules)).toEqual([]);
  }
}

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

  describe('looked at', () => {
    // One window for all of them: what takes time is to open it, not to look.
    let seen: Window;
    const strange: string[] = [];
    beforeAll(async () => {
      seen = await openWindow(browser, app);
      seen.page.on('request', (request) => {
        if (!/^(data|about):/.test(request.url()) && !request.url().startsWith(app.url))
          strange.push(request.url());
      });
    });
    afterEach(() => expect(seen.complaints.splice(0)).toEqual([]));
    afterAll(() => seen.context.close());

    const open = async (address: string) => {
      // A change behind the `#` alone would load nothing.
      await seen.page.goto('about:blank');
      await seen.page.goto(`/#${address}`);
      await seen.page.evaluate(THERE);
    };

    it.each(PAGES)('%s has no barrier that axe finds, and fits a phone', async (address) => {
      await open(address);
      await expectNoBarrierOn(seen.page);
      const desk = seen.page.viewportSize();
      await seen.page.setViewportSize({ width: 360, height: 900 });
      expect(await seen.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
      if (desk) await seen.page.setViewportSize(desk);
    });

    it.each([
      ['New agent', '/agents'],
      ['New API key', '/agents'],
      ['Prices of default', '/agents'],
      ['Revoke First ingest key', '/agents'],
      ['Close a month', '/statements'],
      ['Look at the delivery', '/quarantine'],
      ['Raw deliveries', '/conversation?agent=default&id=conversation-plain'],
    ])('has no barrier in the dialog "%s"', async (name, address) => {
      await open(address);
      await seen.page.getByRole('button', { name }).first().click();
      await seen.page.getByRole('dialog').waitFor();
      await settled(seen.page);
      await expectNoBarrierOn(seen.page);
    });

    it('loads nothing from elsewhere', () => {
      expect(strange).toEqual([]);
    });
  });

  it('asks for a token without a barrier', async () => {
    const { page, context, complaints } = await openWindow(browser, app, { token: null });
    await page.goto('/');
    await page.getByLabel('Token', { exact: true }).waitFor();
    await expectNoBarrierOn(page);
    expect(complaints).toEqual([]);
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
});
