import type { Browser } from 'playwright-core';
import { startTestApp, type TestApp } from '../harness.js';
import { closeWindows, openWindow, startBrowser } from './browser.js';

describe('agents and keys in the console', () => {
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

  it('makes an agent, gives it a price and changes its name', async () => {
    const { page } = await openWindow(browser, app);
    await page.goto('/#/agents');
    await page.getByRole('button', { name: 'New agent' }).click();
    await page.getByRole('textbox', { name: 'ID' }).fill('support');
    await page.getByLabel('Name').fill('Suport');
    await page.getByRole('button', { name: 'Create agent' }).click();
    await page.getByRole('button', { name: 'Edit support' }).click();
    await page.getByLabel('Name').fill('Support');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('cell', { name: 'Support', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Prices of support' }).click();
    await page.getByLabel('Price per credit').fill('0.0123456789');
    await page.getByRole('button', { name: 'Add price' }).click();
    await page.getByRole('cell', { name: '0.0123456789' }).waitFor();
    expect((await app.get('/v1/agents/support')).body).toMatchObject({
      name: 'Support',
      on_invalid: 'reject',
    });
    expect((await app.get('/v1/agents/support/prices')).body.data).toMatchObject([
      { currency: 'USD', per_credit: '0.0123456789' },
    ]);
  });

  it('says what the server refuses, in its own words', async () => {
    const { page } = await openWindow(browser, app);
    await page.goto('/#/agents');
    await page.getByRole('button', { name: 'New agent' }).click();
    await page.getByRole('textbox', { name: 'ID' }).fill('Not an id');
    await page.getByLabel('Name').fill('x');
    await page.getByRole('button', { name: 'Create agent' }).click();
    await page
      .getByRole('alert')
      .getByText(/^id must be/)
      .waitFor();
  });

  it('signs out whoever revokes the key of the session, on every page that is open', async () => {
    const owner = await openWindow(browser, app);
    await owner.page.goto('/#/agents');
    await owner.page.getByRole('button', { name: 'New API key' }).click();
    await owner.page.getByLabel('Name').fill('second');
    await owner.page.getByLabel('Scope').selectOption('admin');
    await owner.page.getByRole('button', { name: 'Create key' }).click();
    const token = await owner.page.getByTestId('token').innerText();
    await owner.page.getByRole('button', { name: 'Done' }).click();

    const second = await openWindow(browser, app, { token });
    await second.page.goto('/#/agents');
    await second.page.getByText('current session', { exact: true }).waitFor();
    const elsewhere = await second.context.newPage();
    await elsewhere.goto('/#/conversations');
    await elsewhere.getByRole('heading', { name: 'Conversations' }).waitFor();

    await second.page.getByRole('button', { name: 'Revoke second' }).click();
    await second.page.getByText('you will be signed out').waitFor();
    await second.page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await second.page.getByLabel('Token', { exact: true }).waitFor();
    expect(await second.page.getByText('First administrator').count()).toBe(0);
    await elsewhere.getByLabel('Search').fill('anything');
    await elsewhere.getByLabel('Token', { exact: true }).waitFor();

    await owner.page.getByRole('link', { name: 'Overview' }).click();
    await owner.page.getByRole('heading', { name: 'Overview' }).waitFor();
  });

  it('rotates a key: the new one works before the old one ends', async () => {
    const { page } = await openWindow(browser, app);
    await page.goto('/#/agents');
    await page.getByRole('button', { name: 'Rotate First ingest key' }).click();
    await page.getByRole('button', { name: 'Create key' }).click();
    const token = await page.getByTestId('token').innerText();
    const probe = (bearer: string) =>
      app
        .send({ istest: true }, { headers: { authorization: `Bearer ${bearer}` } })
        .then(({ status }) => status);
    expect([await probe(token), await probe('ingest-token-of-the-tests')]).toEqual([200, 200]);
    await page.getByRole('button', { name: 'Revoke the old key…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect([await probe(token), await probe('ingest-token-of-the-tests')]).toEqual([200, 401]);
  });
});
