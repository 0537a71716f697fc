import { ADMIN, startTestApp, type TestApp } from '../harness.js';
import { call } from '../post.js';

const SEPTEMBER_29 = Date.UTC(2025, 8, 29, 12) / 1_000;
/** An id that would be a formula, break a line of a header and end a quoted name. */
const ODD = '=1;\t,\r\nx-forged: 1";\u202e你';

describe('every CSV', () => {
  let app: TestApp;
  let statement: string;
  beforeAll(async () => {
    app = await startTestApp();
    await call(app, 'POST', '/v1/agents/default/prices', {
      from: '2025-01-01',
      currency: 'EUR',
      per_credit: '0.5',
    });
    const send = (message_id: string, body: object) =>
      app.send({ conversation_id: ODD, message_id, create_time: SEPTEMBER_29, ...body });
    await send('m', { text: '-1.5 is, no number', usage: { credits: { total_credits: '1.5' } } });
    await send('m', { text: '-1.5 is, no number', usage: { credits: { total_credits: '0.25' } } });
    await send('n', { usage: { tokens: { prompt_tokens: 7 }, credits: { total_credits: '12' } } });
    const closed = await call(app, 'POST', '/v1/statements', {
      period: '2025-09',
      tz: 'Asia/Kathmandu',
      agent: 'default',
      invoiced_credits: '13.75',
    });
    statement = closed.body.id;
  });
  afterAll(() => app.close());

  const ask = async (path: string) => {
    const answer = await fetch(app.url + path, { headers: { authorization: `Bearer ${ADMIN}` } });
    return {
      status: answer.status,
      name: /^attachment; filename="([A-Za-z0-9.+_-]+)"$/.exec(
        answer.headers.get('content-disposition') ?? '',
      )?.[1],
      text: Buffer.from(await answer.arrayBuffer()).toString('utf8'),
    };
  };
  const files = () =>
    [
      ['/v1/usage?period=2025-09&group_by=conversation&format=csv', true],
      ['/v1/usage/entries?format=csv', true],
      ['/v1/export?kind=messages&format=csv', true],
      ['/v1/export?kind=deliveries&format=csv', false],
      ['/v1/export?kind=entries&format=csv', true],
      [`/v1/conversations/${encodeURIComponent(ODD)}/transcript?format=csv`, true],
      [`/v1/statements/${statement}/csv?`, true],
    ] as const;
  /** Cells by a reader of its own. */
  const cellsOf = (csv: string, delimiter: string): string[][] => {
    const rows: string[][] = [[]];
    const cell = new RegExp(`(?:"((?:[^"]|"")*)"|([^"${delimiter}\\r\\n]*))(${delimiter}|\\r\\n)`, 'y');
    for (let match = cell.exec(csv); match; match = cell.exec(csv)) {
      rows.at(-1)!.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
      if (match[3] === '\r\n') rows.push([]);
    }
    expect(rows.pop()).toEqual([]);
    return rows;
  };

  it('has the same cells with every delimiter, and a decimal comma with the semicolon alone', async () => {
    for (const [path, hasFigures] of files()) {
      const plain = cellsOf((await ask(path)).text, ',');
      expect(cellsOf((await ask(`${path}&delimiter=comma&bom=false`)).text, ',')).toEqual(plain);
      expect([path, cellsOf((await ask(`${path}&delimiter=tab`)).text, '\t')]).toEqual([path, plain]);
      const [header, ...rows] = plain;
      const withComma = rows.map((row) =>
        row.map((text, k) =>
          header![k]!.endsWith('credits') || header![k] === 'cost' ? text.replace('.', ',') : text,
        ),
      );
      const semicolon = cellsOf((await ask(`${path}&delimiter=semicolon`)).text, ';');
      expect([path, semicolon]).toEqual([path, [header, ...withComma]]);
      if (hasFigures) expect(withComma.flat().join(' ')).toMatch(/\d,25\b|\d,5\b/);
      expect((await ask(`${path}&bom=true&delimiter=semicolon`)).text.startsWith('\uFEFF')).toBe(true);
    }
  });

  it('keeps negative numbers numbers, and texts texts', async () => {
    const { text } = await ask('/v1/usage/entries?format=csv&delimiter=semicolon');
    expect(text).toContain(';-1,25;');
    expect(cellsOf(text, ';')[1]).toContain(`'${ODD}`);
    const messages = await ask('/v1/export?kind=messages&format=csv&delimiter=semicolon');
    expect(cellsOf(messages.text, ';')[1]).toContain("'-1.5 is, no number");
  });

  it('is alone in having these parameters', async () => {
    const odd = encodeURIComponent(ODD);
    for (const path of [
      '/v1/usage?',
      '/v1/usage?format=json&',
      '/v1/usage/entries?',
      '/v1/usage/entries?format=ndjson&',
      '/v1/export?kind=messages&',
      `/v1/conversations/${odd}/transcript?`,
      `/v1/conversations/${odd}/transcript?format=md&`,
    ]) {
      expect([path, (await ask(`${path}bom=false&delimiter=comma`)).status]).toEqual([path, 200]);
      for (const [more, field] of [
        ['bom=true', 'bom'],
        ['delimiter=semicolon', 'delimiter'],
        ['delimiter=tab', 'delimiter'],
      ]) {
        const { status, text } = await ask(path + more);
        expect([path, status, JSON.parse(text).errors?.[0].field]).toEqual([path, 400, field]);
      }
    }
    for (const value of ['', ';', 'pipe', 'constructor', 'comma&delimiter=comma'])
      for (const [path] of files()) expect((await ask(`${path}&delimiter=${value}`)).status).toBe(400);
  });

  it('and every other download has a name that says what it is', async () => {
    const odd = encodeURIComponent(ODD);
    for (const [path, name] of [
      [
        '/v1/usage?period=2025-09&format=csv&tz=Asia/Kathmandu',
        'usage_all_2025-09-01_2025-10-01_Asia-Kathmandu.csv',
      ],
      [
        '/v1/usage/entries?format=ndjson&from=2025-09-01&agent=default',
        'entries_default_from-2025-09-01_UTC.ndjson',
      ],
      ['/v1/usage/entries?format=csv', 'entries_all_all-time_UTC.csv'],
      ['/v1/export?kind=messages&agent=default', 'messages_default_all-time_UTC.ndjson'],
      [
        '/v1/export?kind=deliveries&format=csv&to=2099-01-01&tz=Europe/Berlin',
        'deliveries_all_until-2099-01-01_Europe-Berlin.csv',
      ],
      [`/v1/statements/${statement}/document`, 'statement_2025-09_default_Asia-Kathmandu.json'],
      [`/v1/statements/${statement}/csv`, 'statement_2025-09_default_Asia-Kathmandu.csv'],
    ] as const) {
      expect([path, (await ask(path)).name]).toEqual([path, name]);
    }
    for (const format of ['json', 'csv', 'md']) {
      const answer = await fetch(`${app.url}/v1/conversations/${odd}/transcript?format=${format}`, {
        headers: { authorization: `Bearer ${ADMIN}` },
      });
      expect(answer.headers.get('x-forged')).toBeNull();
      expect(answer.headers.get('content-disposition')).toMatch(
        new RegExp(`^attachment; filename="transcript_default_-1-x-forged-1--[0-9a-f]{8}\\.${format}"$`),
      );
    }
  });

  it('of a bound key is named after its agent', async () => {
    const token = 'read-token-of-the-default-agent';
    await call(app, 'POST', '/v1/keys', { scopes: ['read'], agent: 'default', token });
    const answer = await fetch(`${app.url}/v1/export?kind=entries`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.headers.get('content-disposition')).toBe(
      'attachment; filename="entries_default_all-time_UTC.ndjson"',
    );
    await answer.text();
  });
});
