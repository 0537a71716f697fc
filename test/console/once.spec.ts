import type { Browser, Locator, Page } from 'playwright-core';
import { startTestApp, type TestApp } from '../harness.js';
import { message, openWindow, settled, startBrowser } from './browser.js';

interface Clickable {
  click: () => void;
}

/** What changes something on the server, as the page sent it. */
const CHANGING = new Set(['POST', 'PATCH', 'DELETE']);

/**
 * Clicks twice in one tick, and once more while the server has not answered yet, as impatient people do.
 * @returns what was sent for it
 */
async function clickImpatiently(page: Page, button: Locator, outcome: Locator): Promise<string[]> {
  const sent: string[] = [];
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route('**/v1/**', async (route) => {
    const request = route.request();
    if (CHANGING.has(request.method())) {
      sent.push(`${request.method()} ${new URL(request.url()).pathname.replace(/[0-9a-f-]{36}/, ':id')}`);
      await held;
    }
    await route.continue();
  });
  await button.evaluate((element: Clickable) => {
    element.click();
    element.click();
  });
  await page.locator('button[data-loading]').first().waitFor();
  await button.evaluate((element: Clickable) => element.click());
  answer();
  await outcome.waitFor();
  await page.unroute('**/v1/**');
  return sent;
}

describe('what is clicked twice in the console', () => {
  let app: TestApp;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    app = await startTestApp();
    browser = await startBrowser();
    page = (await openWindow(browser, app)).page;
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
  const dialog = () => page.getByRole('dialog');
  const open = async (path: string) => {
    await page.goto('about:blank');
    await page.goto(`/#${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await settled(page);
  };
  const live = async () =>
    (await app.get('/v1/keys?limit=200')).body.data.filter(
      ({ revoked_at }: { revoked_at: string | null }) => revoked_at === null,
    );

  it('makes one agent, and saves it once', async () => {
    await open('/agents');
    await button('New agent').click();
    await page.getByRole('textbox', { name: 'ID' }).fill('support');
    await page.getByLabel('Name').fill('Support');
    expect(
      await clickImpatiently(
        page,
        button('Create agent'),
        page.getByRole('cell', { name: 'Support', exact: true }),
      ),
    ).toEqual(['POST /v1/agents']);
    await button('Edit support').click();
    await page.getByLabel('Name').fill('Helpers');
    expect(
      await clickImpatiently(page, button('Save'), page.getByRole('cell', { name: 'Helpers', exact: true })),
    ).toEqual(['PATCH /v1/agents/support']);
  });

  it('adds one price', async () => {
    await open('/agents?prices=default');
    await page.getByLabel('Price per credit').fill('0.01');
    expect(
      await clickImpatiently(page, button('Add price'), page.getByRole('cell', { name: '0.01' })),
    ).toEqual(['POST /v1/agents/default/prices']);
    expect((await app.get('/v1/agents/default/prices')).body.data).toHaveLength(1);
  });

  it('makes one key and shows its token, however fast the server is, and revokes it once', async () => {
    await open('/agents');
    await button('New API key').click();
    await page.getByLabel('Name').fill('impatient');
    expect(await clickImpatiently(page, button('Create key'), page.getByTestId('token'))).toEqual([
      'POST /v1/keys',
    ]);
    await button('Done').click();

    await button('New API key').click();
    await page.getByLabel('Name').fill('in haste');
    await button('Create key').dblclick();
    await page.getByTestId('token').waitFor();
    await page.keyboard.press('Escape');
    await page.mouse.click(2, 2);
    expect(await page.getByTestId('token').innerText()).toMatch(/^\S{16,}$/);
    await button('Done').click();
    expect((await live()).filter(({ label }: { label: string }) => label === 'in haste')).toHaveLength(1);

    await button('Revoke impatient').click();
    const gone = page.locator('main').filter({ hasNotText: 'impatient' });
    expect(await clickImpatiently(page, dialog().getByRole('button', { name: 'Revoke' }), gone)).toEqual([
      'DELETE /v1/keys/:id',
    ]);
  });

  it('makes one key for AltaBots', async () => {
    const before = (await live()).length;
    await open('/connect');
    expect(await clickImpatiently(page, button('Create key'), page.getByText('Copy this token now'))).toEqual(
      ['POST /v1/keys'],
    );
    expect(await live()).toHaveLength(before + 1);
  });

  it('settles a refused delivery once', async () => {
    for (const id of ['one', 'two', 'three']) await app.send({ message_id: id });
    await open('/quarantine');
    const replayed = page.getByText(/^3 replayed, /);
    expect(await clickImpatiently(page, button('Replay all'), replayed)).toEqual([
      'POST /v1/quarantine/replay',
    ]);
    await page.getByRole('button', { name: /^Look/ }).first().click();
    expect(await clickImpatiently(page, button('Replay'), page.getByText('Still refused'))).toEqual([
      'POST /v1/quarantine/:id/replay',
    ]);
    await page.getByLabel('Reason to dismiss it').fill('a test');
    expect(
      await clickImpatiently(page, button('Dismiss'), page.getByText('This delivery is dismissed')),
    ).toEqual(['POST /v1/quarantine/:id/dismiss']);
  });

  it('closes one month', async () => {
    const now = new Date();
    const create_time = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 15) / 1_000;
    await app.send(message('last month', { create_time }));
    await open('/statements');
    await button('Close a month').click();
    await dialog().getByRole('cell', { name: '0.0573' }).waitFor();
    expect(
      await clickImpatiently(page, button(/^Close [A-Z]/), page.getByText('The month is closed')),
    ).toEqual(['POST /v1/statements']);
    expect((await app.get('/v1/statements')).body.data).toHaveLength(1);
  });
});
