import type { Browser, Page } from 'playwright-core';
import { type Json, startTestApp, type TestApp } from '../harness.js';
import { call } from '../post.js';
import { barriersOn, closeWindows, message, openWindow, settled, startBrowser } from './browser.js';

/** The middle of last month. */
const CREATED = Math.floor(
  Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - 1, 15, 12) / 1_000,
);

describe('what a key may do in the console', () => {
  let app: TestApp;
  let browser: Browser;
  beforeAll(async () => {
    app = await startTestApp();
    browser = await startBrowser();
    await call(app, 'POST', '/v1/agents', { id: 'sales', name: 'Sales assistant' });
    const sales = await makeKey('ingest', 'sales');
    await app.send(message('of default', { create_time: CREATED }));
    await app.send(message('of sales', { create_time: CREATED }), {
      headers: { authorization: `Bearer ${sales}` },
    });
    await call(app, 'POST', '/v1/agents/sales/prices', {
      from: '2020-01-01',
      currency: 'EUR',
      per_credit: '0.25',
    });
  });
  afterEach(() => closeWindows(browser));
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  const makeKey = async (scope: string, agent: string | null = null): Promise<string> => {
    const { body } = await call(app, 'POST', '/v1/keys', { label: scope, scopes: [scope], agent });
    return body.token;
  };
  const signIn = async (scope: string, agent: string | null = null): Promise<Page> =>
    (await openWindow(browser, app, { token: await makeKey(scope, agent) })).page;
  const open = async (page: Page, path: string) => {
    await page.goto(`/#${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await settled(page);
  };
  const pagesOf = async (page: Page) => (await page.getByRole('navigation').innerText()).split('\n');
  const statements = async (): Promise<Json[]> => (await app.get('/v1/statements')).body.data;

  it('read: sees agents, names and prices, filters by agent, and changes nothing', async () => {
    const page = await signIn('read');
    await open(page, '/?range=last-month');
    expect(await pagesOf(page)).toEqual(['Overview', 'Conversations', 'Statements', 'Deliveries', 'Agents']);
    await page.getByLabel('Agent', { exact: true }).selectOption('Sales assistant');
    await page.getByTestId('total-messages').getByText('1', { exact: true }).waitFor();

    await open(page, '/agents');
    await page.getByRole('cell', { name: 'Sales assistant' }).waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole('button', { name: 'Prices of sales' }).click();
    await page.getByRole('cell', { name: '0.25' }).waitFor();
    expect(await page.getByRole('button', { name: /^(Add|New|Edit|Create|Rotate|Revoke)/ }).count()).toBe(0);

    await open(page, '/statements');
    expect(await page.getByRole('button', { name: 'Close a month' }).count()).toBe(0);
    for (const path of ['/quarantine', '/connect']) {
      await page.goto(`/#${path}`);
      await page.getByText('There is no such page here').waitFor();
    }
  });

  it('finance: closes months and adds prices, and has no keys', async () => {
    const page = await signIn('finance');
    await open(page, '/agents?prices=sales');
    await page.getByLabel('Price per credit').fill('0,5');
    await page.getByRole('button', { name: 'Add price' }).click();
    await page.getByText('Use a point for decimals').waitFor();
    await page.getByLabel('Price per credit').fill('0.5');
    expect(await page.getByLabel('Currency').inputValue()).toBe('EUR');
    await page.getByRole('button', { name: 'Add price' }).click();
    await page.getByRole('cell', { name: '0.5', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    expect(await page.getByRole('button', { name: /^(New|Edit|Rotate|Revoke)/ }).count()).toBe(0);

    await open(page, '/statements');
    await page.getByRole('button', { name: 'Close a month' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('cell', { name: '0.1146' }).waitFor();
    await dialog.getByRole('button', { name: /^Close [A-Z]\w+ \d/ }).click();
    await dialog.getByText('The month is closed').waitFor();
    expect(await statements()).toMatchObject([{ agent: null, closed_by: { label: 'finance' } }]);
  });

  it('finance of one agent: closes the months of that agent alone', async () => {
    const page = await signIn('finance', 'sales');
    await open(page, '/statements');
    await page.getByRole('button', { name: 'Close a month' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByLabel('Agent').locator('option').allInnerTexts()).toEqual(['Sales assistant']);
    await dialog.getByRole('cell', { name: '0.0573' }).waitFor();
    await dialog.getByRole('button', { name: /^Close [A-Z]\w+ \d/ }).click();
    await dialog.getByText('The month is closed').waitFor();
    expect((await statements())[0]).toMatchObject({ agent: 'sales', credits: '0.0573' });
  });

  it('admin: makes a key for finance, and none with a token that can be guessed', async () => {
    const { page } = await openWindow(browser, app);
    const sent: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') sent.push(request.url());
    });
    await open(page, '/agents');
    await page.getByRole('button', { name: 'New API key' }).click();
    await page.getByLabel('Name').fill('bookkeeping');
    await page.getByLabel('Scope').selectOption('finance');
    const token = page.getByRole('textbox', { name: 'Token' });
    await token.fill('fifteen-letters');
    await page.getByRole('button', { name: 'Create key' }).click();
    await page.getByText('Use at least 16 characters.').waitFor();
    expect(sent).toEqual([]);
    expect(await barriersOn(page)).toEqual([]);
    await token.fill('sixteen-letters!');
    await page.getByRole('button', { name: 'Create key' }).click();
    await page.getByTestId('token').getByText('sixteen-letters!').waitFor();
    const { data } = (await app.get('/v1/keys?limit=200')).body;
    expect(data[0]).toMatchObject({ label: 'bookkeeping', scopes: ['finance'], agent: null });
  });
});
