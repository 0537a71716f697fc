import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { jest } from '@jest/globals';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { ADMIN, type Json, type TestApp } from '../harness.js';

/** Debian's browsers; another one can be named where it lies elsewhere. Without windows it needs 40 % less time for a page. */
const PROGRAM =
  process.env.CHROMIUM ??
  ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((path) => existsSync(path)) ??
  'chromium';

const SWITCHES = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Milliseconds: a browser on a busy machine. */
jest.setTimeout(60_000);

export const startBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: PROGRAM, args: SWITCHES });

/** A window of somebody who is signed in, and everything that the page complained of. */
export interface Window {
  page: Page;
  context: BrowserContext;
  complaints: string[];
}

export async function openWindow(
  browser: Browser,
  app: TestApp,
  { token = ADMIN, dark = false, ...more }: { token?: string | null; dark?: boolean; width?: number } = {},
): Promise<Window> {
  const context = await browser.newContext({
    colorScheme: dark ? 'dark' : 'light',
    locale: 'en-GB',
    reducedMotion: 'reduce',
    viewport: { width: more.width ?? 1280, height: 900 },
    baseURL: app.url,
  });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) complaints.push(message.text());
  });
  if (token !== null) {
    const answer = await page.request.post('/console/session', {
      headers: { 'x-convoledger-console': '1' },
      data: { token },
    });
    if (answer.status() !== 204) throw new Error(`Signing in was answered ${answer.status()}.`);
  }
  return { page, context, complaints };
}

/** So that no page that a test has left goes on asking. */
export const closeWindows = (browser: Browser) => Promise.all(browser.contexts().map((one) => one.close()));

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The rules of WCAG 2.2 A and AA, and those of them that judge colours. */
export const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
export const COLOURS = ['color-contrast', 'link-in-text-block'];

/** What axe finds against these rules on the page as it stands, a line for each. */
export async function barriersOn(page: Page, rules = WCAG): Promise<string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(AXE);
  const { violations } = (await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(rules)}, resultTypes: ['violations'], preload: false })`,
  )) as Json;
  return violations.flatMap(({ id, nodes }: Json) =>
    nodes.map(({ html, failureSummary }: Json) => `${id}: ${html}\n${failureSummary}`),
  );
}

/** Waits until everything that was asked for is there. Looks with every frame: a locator waits for up to half a second. */
export const settled = (page: Page): Promise<void> =>
  page.evaluate(`new Promise((resolve) => {
    const look = () => document.querySelector('[aria-label=Loading]') ? requestAnimationFrame(look) : resolve();
    look();
  })`);

/** A message of today, as AltaBots sends it. */
export const message = (id: string, more: object = {}) => ({
  conversation_id: `conversation-${id}`,
  message_id: id,
  create_time: Math.floor(Date.now() / 1_000),
  output: [{ content: { text: `This is ${id}.` } }],
  usage: {
    tokens: { total_tokens: 29, prompt_tokens: 19, completion_tokens: 10 },
    credits: { text_input_credits: '0.0123', text_output_credits: '0.045' },
  },
  ...more,
});
