import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { ADMIN, type Json, startTestApp, type TestApp } from '../harness.js';
import { call } from '../post.js';
import { barriersOn, closeWindows, message, openWindow, startBrowser } from './browser.js';

/** A moment in the middle of last month, in every zone. */
const lastMonth = () => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 15, 12));
};
const period = lastMonth().toISOString().slice(0, 7);
const monthName = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(
  lastMonth(),
);

describe('closing a month in the console', () => {
  let app: TestApp;
  let browser: Browser;
  beforeAll(async () => {
    app = await startTestApp();
    browser = await startBrowser();
    const create_time = lastMonth().getTime() / 1_000;
    await app.send(message('whole', { create_time }));
    await app.send(message('without', { create_time, usage: null }));
  });
  afterEach(() => closeWindows(browser));
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  it('takes three clicks, shows what is frozen, and gives out the very bytes of the API', async () => {
    const { page } = await openWindow(browser, app);
    await page.goto('/#/');
    await page.getByRole('link', { name: 'Statements' }).click();
    await page.getByText('No month is closed yet').waitFor();
    await page.getByRole('button', { name: 'Close a month' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('cell', { name: '0.0573' }).waitFor();
    await dialog.getByText('1 answer reported no usage').waitFor();
    await dialog.getByRole('button', { name: `Close ${monthName}` }).click();
    await dialog.getByText('The month is closed').waitFor();
    const hash = await dialog.getByTestId('sha256').innerText();

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('link', { name: 'Download the statement (JSON)' }).click(),
    ]);
    const file = await readFile(await download.path());
    const { data } = (await app.get('/v1/statements')).body;
    expect(data).toHaveLength(1);
    const document = await fetch(`${app.url}/v1/statements/${data[0].id}/document`, {
      headers: { authorization: `Bearer ${ADMIN}` },
    });
    expect(file.equals(Buffer.from(await document.arrayBuffer()))).toBe(true);
    expect(createHash('sha256').update(file).digest('hex')).toBe(hash);
    expect(data[0].sha256).toBe(hash);
  });

  it('shows what arrives later as an adjustment, and a replaced statement as replaced', async () => {
    const create_time = lastMonth().getTime() / 1_000;
    await app.send(message('late', { create_time }));
    for (const dark of [false, true]) {
      const { page, context } = await openWindow(browser, app, { dark });
      await page.goto('/#/statements');
      await page.getByText('1 adjustment', { exact: true }).waitFor();
      await page.getByText('+0.0573 → 0.1146 credits').waitFor();
      expect(await barriersOn(page)).toEqual([]);
      await context.close();
    }
    const { page } = await openWindow(browser, app);
    await page.goto('/#/statements');
    await page.getByRole('button', { name: 'Replace…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('a late delivery');
    await dialog.getByRole('row', { name: 'Credits 0.0573 0.1146 +0.0573', exact: true }).waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Replace the statement' }).click();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByText('replaces an earlier one').waitFor();
    await page.getByText('replaced', { exact: true }).waitFor();
    const { data } = (await app.get('/v1/statements')).body;
    expect(data).toHaveLength(2);
  });
});

describe('an invoice in the console', () => {
  let app: TestApp;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    app = await startTestApp();
    browser = await startBrowser();
    const create_time = lastMonth().getTime() / 1_000;
    const send = (id: string, total_credits: string, token?: string) =>
      app.send(
        message(id, { create_time, usage: { credits: { total_credits } } }),
        token ? { headers: { authorization: `Bearer ${token}` } } : {},
      );
    await send('priced', '1199.197316');
    await price('default', '0.01');
    const token = 'ingest-token-of-hr-helper';
    await call(app, 'POST', '/v1/agents', { id: 'hr-helper' });
    await call(app, 'POST', '/v1/keys', { scopes: ['ingest'], agent: 'hr-helper', token });
    await send('unpriced', '20.28636', token);
    page = (await openWindow(browser, app)).page;
    await page.goto('/#/statements');
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  const price = (agent: string, per_credit: string) =>
    call(app, 'POST', `/v1/agents/${agent}/prices`, { from: '2020-01-01', currency: 'USD', per_credit });
  const statements = async (): Promise<Json[]> => (await app.get('/v1/statements')).body.data;
  /** What left the page to close a month. */
  const posted: Json[] = [];

  it('is compared with what was counted while it is typed, to the last digit', async () => {
    page.on('request', (request) => {
      if (request.method() === 'POST') posted.push(request.postDataJSON());
    });
    await page.getByRole('button', { name: 'Close a month' }).click();
    const dialog = page.getByRole('dialog');
    const invoiced = dialog.getByLabel('Invoiced credits');
    await dialog.getByText('20.29 credits without a price are not in the cost (hr-helper').waitFor();

    await invoiced.fill('1250,50');
    await dialog
      .getByText('Use a point for decimals and no thousands separators, such as 1200.50.')
      .waitFor();
    await dialog.getByRole('button', { name: `Close ${monthName}` }).click();
    expect(posted).toEqual([]);
    expect(await barriersOn(page)).toEqual([]);

    await invoiced.fill('1250.50');
    await dialog
      .getByText('Invoiced 1,250.50 · counted 1,219.483676 · difference +31.016324 (+2.5%)', { exact: true })
      .waitFor();
    await invoiced.fill('1219.483675999999999999999999999999');
    await dialog.getByText('difference −0.000000000000000000000000000001 (less than 0.1%)').waitFor();
    await invoiced.fill('1250.50');
    await dialog.getByRole('button', { name: `Close ${monthName}` }).click();

    await dialog.getByText('The month is closed').waitFor();
    await dialog
      .getByText('Invoiced 1,250.5 · counted 1,219.483676 · difference +31.016324 (+2.5%)')
      .waitFor();
    await dialog.getByText('20.29 credits without a price are not in the cost').waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    const row = page.getByRole('row', { name: period });
    await row.getByText('1,250.5', { exact: true }).waitFor();
    await row.getByText('+31.016324 (+2.5%)', { exact: true }).waitFor();
    await row.getByText('11.99 USD', { exact: true }).waitFor();
    await row.getByText('20.29 credits without a price').waitFor();
    await row.getByText('No changes', { exact: true }).waitFor();
    expect(await statements()).toMatchObject([{ invoiced_credits: '1250.5', difference: '31.016324' }]);
  });

  it('is carried over by a replacement, which needs a reason and shows what it changes', async () => {
    posted.length = 0;
    await page.getByRole('button', { name: 'Replace…' }).click();
    const dialog = page.getByRole('dialog');
    const replace = dialog.getByRole('button', { name: 'Replace the statement' });
    const invoiced = dialog.getByLabel('Invoiced credits');
    await page.waitForFunction(`document.querySelector('[inputmode=decimal]')?.value === '1250.5'`);
    await dialog.getByRole('row', { name: 'Invoiced credits 1,250.5 1,250.5 0', exact: true }).waitFor();

    await replace.click();
    await dialog.getByText('Enter a reason').waitFor();
    expect(await dialog.getByLabel('Reason').getAttribute('aria-invalid')).toBe('true');
    expect(posted).toEqual([]);
    expect(await barriersOn(page)).toEqual([]);

    await dialog.getByLabel('Reason').fill('x'.repeat(2_001));
    await replace.click();
    await dialog.getByText('must be a text of 1 to 2,000 characters that is not blank').waitFor();
    expect(await statements()).toHaveLength(1);

    await dialog.getByLabel('Reason').fill('the invoice was corrected');
    await invoiced.fill('1230');
    await dialog.getByRole('row', { name: 'Invoiced credits 1,250.5 1,230 −20.5', exact: true }).waitFor();
    await dialog
      .getByRole('row', { name: 'Invoice difference +31.016324 +10.516324 −20.5', exact: true })
      .waitFor();
    await replace.click();
    await dialog.getByRole('button', { name: 'Done' }).click();
    expect((await statements())[0]).toMatchObject({
      invoiced_credits: '1230',
      reason: 'the invoice was corrected',
    });

    await page.getByRole('button', { name: 'Replace…' }).click();
    await page.waitForFunction(`document.querySelector('[inputmode=decimal]')?.value === '1230'`);
    await dialog.getByLabel('Reason').fill('once more, with the same invoice');
    await replace.click();
    await dialog.getByRole('button', { name: 'Done' }).click();
    expect((await statements())[0]).toMatchObject({ invoiced_credits: '1230', difference: '10.516324' });
  });

  it('does not hide that a price was added after the closing', async () => {
    await price('default', '0.02');
    await page.reload();
    const row = page.getByRole('row', { name: period }).first();
    await row.getByText('Cost since closing: 23.98 USD (+11.99), price changed', { exact: true }).waitFor();
    expect(await row.getByText('No changes').count()).toBe(0);
    await row.getByRole('link', { name: 'set a price for hr-helper' }).click();
    await page.getByRole('dialog', { name: 'Prices of hr-helper' }).getByLabel('Price per credit').waitFor();
  });
});
