import type { Browser, Page } from 'playwright-core';
import { startTestApp, type TestApp } from '../harness.js';
import { call } from '../post.js';
import { barriersOn, closeWindows, message, openWindow, settled, startBrowser } from './browser.js';

describe('the overview of the console', () => {
  let app: TestApp;
  let browser: Browser;
  beforeAll(async () => {
    app = await startTestApp();
    browser = await startBrowser();
    await call(app, 'POST', '/v1/agents', { id: 'hr-helper', name: 'HR helper' });
    await call(app, 'POST', '/v1/keys', { scopes: ['ingest'], agent: 'hr-helper', token: HR });
    await call(app, 'POST', '/v1/agents/default/prices', {
      from: '2021-01-01',
      currency: 'USD',
      per_credit: '0.5',
    });
    await send('early February', '2021-02-05T12:00:00Z');
    await send('the tenth, before', '2021-02-10T01:56:29Z');
    await send('the tenth, after', '2021-02-10T01:56:31Z');
    await send('late February', '2021-02-27T12:00:00Z', '100');
    await send('early March', '2021-03-02T12:00:00Z');
    await send('yesterday, before', '2021-03-09T01:00:00Z');
    await send('yesterday, after', '2021-03-09T02:00:00Z', '100');
    await send('today', '2021-03-10T00:30:00Z', '3');
    await send('without a price', '2021-03-03T12:00:00Z', '20.28636', HR);
  });
  afterEach(() => closeWindows(browser));
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  const HR = 'ingest-token-of-hr-helper';
  const send = (id: string, at: string, total_credits = '1', token?: string) =>
    app.send(
      message(id, { create_time: Date.parse(at) / 1_000, usage: { credits: { total_credits } } }),
      token ? { headers: { authorization: `Bearer ${token}` } } : {},
    );
  /** The overview as it looks in the night to 10 March 2021. */
  const open = async (address: string, more: { token?: string; width?: number } = {}): Promise<Page> => {
    const { page } = await openWindow(browser, app, more);
    await page.clock.setFixedTime('2021-03-10T01:56:30Z');
    await page.goto(`/#${address}`);
    await page.locator('.cards').waitFor();
    await settled(page);
    return page;
  };

  it('sets a month that is running against as much of the month before', async () => {
    const page = await open('/?agent=default');
    // 105 credits of ten days, against 2 of ten days in February and not its 103.
    await page.getByText('▲ 5150% vs 2 (1–10 Feb, until 01:56)').waitFor();
    await page.getByText('▲ 5150% vs 1 (1–10 Feb, until 01:56)').waitFor();
    await page.getByText('▲ 100% vs 2 (1–10 Feb, until 01:56)').waitFor();
  });

  it('sets today against yesterday until the same time, in the zone of the page', async () => {
    const page = await open('/?agent=default&range=today');
    await page.getByText('▲ 200% vs 1 (9 Mar, until 01:56)').waitFor();
    // In Berlin it is 02:56 already, and yesterday's second message came at 03:00.
    await page.goto('/#/?agent=default&range=today&tz=Europe/Berlin');
    await page.getByText('▲ 200% vs 1 (9 Mar, until 02:56)').waitFor();
  });

  it('sets a period that is over against the whole period before', async () => {
    const page = await open('/?agent=default&range=last-month');
    await page.getByText('No data for 1–31 Jan').first().waitFor();
    await page.goto('/#/?agent=default&range=custom&from=2021-03-01&to=2021-03-02');
    await page.getByText('No data for 28 Feb').first().waitFor();
  });

  it('says what the cost leaves out, which agents lack a price, and where to set one', async () => {
    const page = await open('/?view=table');
    const sentence = '20.29 credits without a price are not in the cost (hr-helper → set a price';
    await page.locator('.cards').getByText(sentence).waitFor();
    await page.getByRole('alert').or(page.locator('.mantine-Alert-root')).getByText(sentence).waitFor();
    await page.getByRole('row', { name: /2021-03-03 hr-helper .* no price$/ }).waitFor();
    await page.getByRole('row', { name: /2021-03-02 default .* 0.5 USD$/ }).waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole('link', { name: 'set a price for hr-helper' }).first().click();
    await page.getByRole('dialog', { name: 'Prices of hr-helper' }).getByText('No price yet').waitFor();
  });

  it('takes an agent whose price begins within the range for one that lacks a price', async () => {
    await call(app, 'POST', '/v1/agents/hr-helper/prices', {
      from: '2021-03-05',
      currency: 'USD',
      per_credit: '1',
    });
    await send('with a price', '2021-03-06T12:00:00Z', '2', HR);
    const page = await open('/');
    await page
      .locator('.cards')
      .getByText('20.29 credits without a price are not in the cost (hr-helper')
      .waitFor();
    await page.goto('/#/?range=custom&from=2021-03-05&to=2021-03-07');
    await page.getByTestId('total-cost-in-usd').getByText('2', { exact: true }).waitFor();
    expect(await page.getByText('without a price').count()).toBe(0);
  });

  it('does not say that no price is set where nothing was used', async () => {
    const page = await open('/?range=custom&from=2021-06-01&to=2021-06-02');
    await page.locator('.cards').getByText('No usage in this period').waitFor();
    expect(await page.getByText('No price').count()).toBe(0);
  });

  it('breaks no figure, also on a phone', async () => {
    await send('precise', '2021-07-01T12:00:00Z', '1234567.123456789012345678901234567891');
    const page = await open('/?range=custom&from=2021-07-01&to=2021-07-02', { width: 390 });
    const credits = page.getByTestId('total-credits');
    await credits.getByText('1,234,567.1235', { exact: true }).waitFor();
    expect(await credits.getAttribute('title')).toBe('1,234,567.123456789012345678901234567891');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    const lines = `[...document.querySelectorAll('.figure')].map((figure) => {
      const range = document.createRange();
      range.selectNodeContents(figure);
      return new Set([...range.getClientRects()].map(({ top }) => top)).size;
    })`;
    expect(new Set((await page.evaluate(lines)) as number[])).toEqual(new Set([1]));
  });
});
