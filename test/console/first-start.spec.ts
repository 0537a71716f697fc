import type { Browser } from 'playwright-core';
import { SignInLinks } from '../../src/console/sign-in-links.js';
import { ADMIN, startTestApp, type TestApp } from '../harness.js';
import { closeWindows, message, openWindow, startBrowser } from './browser.js';

describe('the first hour with the console', () => {
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

  it('leads from the printed link to the first delivery, and on to the chart and what is behind it', async () => {
    const { page, complaints } = await openWindow(browser, app, { token: null });
    const code = await app.app.get(SignInLinks).make();
    await page.goto(`/#signin=${code}`);
    await page.locator('.chart').getByText('No usage in this period').waitFor();
    expect(page.url()).not.toContain(String(code));
    await page.getByRole('link', { name: 'connect AltaBots' }).click();
    await page.getByText('Waiting for the first delivery').waitFor();

    await page.getByRole('button', { name: 'Create key' }).click();
    await page.getByText('Copy this token now').waitFor();
    const address = await page.getByTestId('Webhook URL').innerText();
    const header = await page.getByTestId('Authorization header').innerText();
    expect(address).toBe(`${app.url}/webhook`);
    const [name = '', value = ''] = header.split(': ');
    const answer = await fetch(address, {
      method: 'POST',
      headers: { [name]: value, 'content-type': 'application/json' },
      body: JSON.stringify(message('first')),
    });
    expect(answer.status).toBe(200);
    await page.getByText('Connected').waitFor();

    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByTestId('total-credits').getByText('0.0573', { exact: true }).waitFor();
    const bar = page.getByRole('link', { name: /: 0\.0573 credits$/ });
    await bar.click();
    await page.getByText('1 message · 29 tokens · 0.0573 credits').waitFor();
    await page.getByRole('link', { name: /conversation-first/ }).click();
    await page.getByText('This is first.').waitFor();
    await page.getByText('0.0573 credits', { exact: true }).waitFor();
    expect(complaints).toEqual([]);

    const stored = await page.evaluate('JSON.stringify([localStorage, sessionStorage, document.cookie])');
    expect(stored).not.toContain(value.replace('Bearer ', ''));
  });

  it('leads from a bar to the conversations of its time, whenever they ended', async () => {
    const midnight = Date.UTC(2021, 2, 2) / 1_000;
    for (const [id, create_time] of [
      ['evening', midnight - 60],
      ['morning', midnight + 60],
    ] as const)
      await app.send(message(id, { conversation_id: 'over-midnight', create_time }));
    const { page } = await openWindow(browser, app);
    await page.goto('/#/?range=custom&from=2021-03-01&to=2021-03-03&bucket=day');
    await page.getByRole('link', { name: /^2021-03-01: / }).click();
    await page.getByText('1 message · 29 tokens · 0.0573 credits').waitFor();
    expect(await page.getByRole('row').last().innerText()).toMatch(/^over-midnight\s.*\s0\.0573$/);
  });

  it('says that a link was used, and takes the token instead', async () => {
    const { page } = await openWindow(browser, app, { token: null });
    await page.goto('/#signin=used-long-ago');
    await page.getByText('This link was used already').waitFor();
    await page.getByLabel('Token', { exact: true }).fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('unknown, expired or revoked').waitFor();
    await page.getByLabel('Token', { exact: true }).fill('admin-token-of-the-tests');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
  });

  it('shows the figures to the last digit, and gives them out as a file', async () => {
    const exact = '123456789.123456789012345678';
    await app.send(
      message('exact', { conversation_id: 'exact', usage: { credits: { total_credits: exact } } }),
    );
    const { page } = await openWindow(browser, app);
    await page.goto('/#/?view=table&range=today');
    await page.getByRole('cell', { name: '123,456,789.180756789012345678' }).first().waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'CSV', exact: true }).click(),
    ]);
    const { readFile } = await import('node:fs/promises');
    expect(await readFile(await download.path(), 'utf8')).toContain('123456789.180756789012345678');
  });

  it('says what is wrong when a delivery is refused', async () => {
    const { page } = await openWindow(browser, app);
    await page.goto('/#/connect');
    await fetch(`${app.url}/webhook`, {
      method: 'POST',
      body: '{}',
      headers: { authorization: 'Bearer old' },
    });
    await page.getByText('with a token that no key has').waitFor();
  });

  it('tests the connection without storing anything, before it offers a message that counts', async () => {
    const { page } = await openWindow(browser, app);
    await page.goto('/#/connect');
    const messages = async () => (await app.get('/v1/messages?limit=200')).body.data.length;
    const before = await messages();
    await page.getByRole('button', { name: 'Create key' }).click();
    await page.getByRole('button', { name: 'Send test' }).click();
    await page.getByText('Test received').waitFor();
    expect(await messages()).toBe(before);

    const commands = await page.getByRole('region', { name: /^Command: / }).allInnerTexts();
    const bodies = commands.map((command) => /-d '(.*)'$/.exec(command)?.[1] ?? '');
    const header = /-H 'Authorization: (Bearer \S+)'/.exec(commands[0] ?? '')?.[1] ?? '';
    const send = async (body: string) =>
      (await app.send(body, { headers: { authorization: header } })).status;
    expect(await send(bodies[0] ?? '')).toBe(200);
    expect(await messages()).toBe(before);
    await page.getByText('Stores a message that counts 0.0573 credits').waitFor();
    expect(await send(bodies[1] ?? '')).toBe(200);
    expect(await messages()).toBe(before + 1);
  });

  it('says so where a test is refused', async () => {
    const { page } = await openWindow(browser, app);
    await page.goto('/#/connect');
    await page.getByRole('button', { name: 'Create key' }).click();
    await page.getByText('Copy this token now').waitFor();
    const keys = (await app.get('/v1/keys?limit=200')).body.data;
    const { key_id } = keys.find(
      (key: { label: string; revoked_at: string | null }) =>
        /^AltaBots/.test(key.label) && key.revoked_at === null,
    );
    await fetch(`${app.url}/v1/keys/${key_id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${ADMIN}` },
    });
    await page.getByRole('button', { name: 'Send test' }).click();
    await page.getByText('The test was answered 401.').waitFor();
  });
});
