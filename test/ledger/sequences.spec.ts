import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type pg from 'pg';
import { allParts } from '../../src/ledger/parts.js';
import { differencesIn } from '../../src/ledger/verify-sums.js';
import { ADMIN, type Json, openClient, startTestApp, type TestApp } from '../harness.js';
import { call } from '../post.js';
import { count, decimal, type Happening, localDay, type Plain } from './plain.js';

/** Each run has sequences of its own; more of them: `LEDGER_SEQUENCES=1000 npm test -- test/ledger/sequences`. */
const RUNS = Number(process.env.LEDGER_SEQUENCES ?? 25);
const PERIOD = '2025-03';
const ZONES = ['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'Pacific/Auckland', 'America/Havana'];
/** From the last day of February to the first of April, around every zone's edges of the month. */
const START = Date.UTC(2025, 1, 28);
const MINUTES = 33 * 24 * 60;

const maybe = (numbers: fc.Arbitrary<bigint>) => fc.option(numbers, { freq: 3 });
const delivered = fc.record({
  kind: fc.constant('delivered' as const),
  // Few messages, so that most deliveries revise or repeat one.
  id: fc.nat(4),
  at: fc
    .oneof(fc.constantFrom(0, 1_320, 1_380, 1_440, MINUTES - 1_441, MINUTES - 1_440), fc.nat(MINUTES - 1))
    .map((minute) => START + minute * 60_000),
  credits: maybe(fc.bigInt(0n, 3_000_000n)),
  tokens: maybe(fc.bigInt(0n, 100n)),
});
const priced = fc.record({
  kind: fc.constant('priced' as const),
  day: fc.constantFrom('2025-02-01', '2025-03-01', '2025-03-02', '2025-03-15', '2025-03-31', '2025-04-01'),
  currency: fc.constantFrom('EUR', 'USD'),
  thousandths: fc.bigInt(0n, 50n),
});
const closed = fc.record({ kind: fc.constant('closed' as const), tz: fc.constantFrom(...ZONES) });
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: delivered },
    { weight: 2, arbitrary: priced },
    { weight: 1, arbitrary: closed },
  ),
  { minLength: 3, maxLength: 14 },
);

describe('sequences of deliveries, revisions, prices and closings', () => {
  let app: TestApp;
  let client: pg.Client;
  let runs = 0;
  beforeAll(async () => {
    app = await startTestApp();
    client = await openClient(app.database.url);
  });
  afterAll(async () => {
    await client.end();
    await app.close();
  });

  /** An agent of the run's own, so that runs do not see each other. */
  async function newAgent(): Promise<{ agent: string; token: string }> {
    const agent = `agent-${++runs}`;
    const token = `ingest-token-of-agent-${runs}`;
    await app.database.prisma.agent.create({ data: { id: agent, name: agent } });
    const key = { scopes: ['ingest'], agent, token };
    expect((await call(app, 'POST', '/v1/keys', key)).status).toBe(201);
    return { agent, token };
  }

  async function deliver(token: string, step: Extract<Happening, { kind: 'delivered' }>): Promise<void> {
    const { id, at, credits, tokens } = step;
    const usage = {
      ...(credits === null ? {} : { credits: { total_credits: decimal(credits, 6) } }),
      ...(tokens === null ? {} : { tokens: { total_tokens: Number(tokens) } }),
    };
    const body = { conversation_id: 'c', message_id: `m${id}`, create_time: at / 1_000, usage };
    const answer = await app.send(body, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(200);
  }

  /** The time of the last thing recorded: as of it, all steps so far are known, and none to come. */
  const recordedAt = async () =>
    (
      await client.query<{ at: Date }>('select recorded_at as at from ledger_state')
    ).rows[0]!.at.toISOString();

  const asPlain = ({ messages, messages_with_usage, usage, cost }: Json): Omit<Plain, 'unpriced'> => ({
    messages,
    withUsage: messages_with_usage,
    credits: usage?.credits?.total_credits ?? null,
    tokens: usage?.tokens ? BigInt(usage.tokens.total_tokens) : null,
    cost,
  });

  const inPeriod = (day: string) => day.startsWith(PERIOD);

  function expectReport(
    { totals, days, completeness }: { totals: Json; days: Json[]; completeness: Json },
    known: Happening[],
    tz: string,
  ): void {
    const unpriced = completeness.unpriced_credits;
    expect({ ...asPlain(totals), unpriced }).toEqual(count(known, tz, inPeriod));
    expect(days).toHaveLength(31);
    for (const day of days) {
      const date = day.start.slice(0, 10);
      const { unpriced: _, ...expected } = count(known, tz, (other) => other === date);
      expect([date, asPlain(day)]).toEqual([date, expected]);
    }
  }

  it(
    `answers ${RUNS} of them as a plain calculation does, now, as of steps, and in what was closed`,
    async () => {
      const run = async (sequence: (Happening | { kind: 'closed'; tz: string })[], tz: string) => {
        const { agent, token } = await newAgent();
        const happened: Happening[] = [];
        const moments: { known: number; at: string }[] = [];
        const statements: { id: string; known: number; tz: string }[] = [];
        const sent = new Set<string>();
        for (const step of sequence) {
          if (step.kind === 'delivered') {
            await deliver(token, step);
            const { at: _, ...body } = step;
            const bytes = JSON.stringify([step.at, Object.values(body).map(String)]);
            // The same bytes as any earlier body of that message change nothing.
            if (!sent.has(bytes)) happened.push(step);
            sent.add(bytes);
          } else if (step.kind === 'priced') {
            const { day, currency, thousandths } = step;
            const price = { from: day, currency, per_credit: decimal(thousandths, 3) };
            expect((await call(app, 'POST', `/v1/agents/${agent}/prices`, price)).status).toBe(201);
            happened.push(step);
          } else {
            const old = statements.at(-1)?.id;
            const replacing = old === undefined ? {} : { replaces: old, reason: 'again' };
            const body = { period: PERIOD, tz: step.tz, agent, invoiced_credits: '1.5', ...replacing };
            const { status, body: made } = await call(app, 'POST', '/v1/statements', body);
            expect(status).toBe(201);
            statements.push({ id: made.id, known: happened.length, tz: step.tz });
          }
          moments.push({ known: happened.length, at: await recordedAt() });
        }

        const ask = `agent=${agent}&period=${PERIOD}&tz=${tz}&bucket=day`;
        const { body: now } = await app.get(`/v1/usage?${ask}`);
        expectReport({ ...now, days: now.data }, happened, tz);
        // Every third, to be done in time; sequences are short enough that all kinds of steps come to be asked about.
        for (const { known, at } of moments.filter((_, index) => index % 3 === 0)) {
          const { body } = await app.get(`/v1/usage?${ask}&as_of=${at}`);
          expectReport({ ...body, days: body.data }, happened.slice(0, known), tz);
        }
        for (const { id, known, tz: zone } of statements) await expectStatement(id, happened, known, zone);
      };
      await fc.assert(fc.asyncProperty(steps, fc.constantFrom(...ZONES), run), { numRuns: RUNS });

      for (const part of await allParts(client)) expect(await differencesIn(client, part)).toEqual([]);
    },
    RUNS * 3_000,
  );

  async function expectStatement(
    id: string,
    happened: Happening[],
    known: number,
    tz: string,
  ): Promise<void> {
    const { body } = await app.get(`/v1/statements/${id}`);
    const answer = await fetch(`${app.url}/v1/statements/${id}/document`, {
      headers: { authorization: `Bearer ${ADMIN}` },
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(body.sha256);
    const { document } = body;
    expect(JSON.parse(bytes.toString())).toEqual(document);
    expectReport(document, happened.slice(0, known), tz);
    const closed = micros(document.totals.usage?.credits?.total_credits ?? '0');
    expect(document.difference).toBe(decimal(1_500_000n - closed, 6));
    const { unpriced: _, ...restated } = count(happened, tz, inPeriod);
    expect(asPlain(body.restated_totals)).toEqual(restated);
    // What the entries since then add is what the total has moved by.
    const moved = body.restatements.map((entry: Json) => micros(entry.usage.credits?.total_credits ?? '0'));
    const sum = moved.reduce((total: bigint, part: bigint) => total + part, 0n);
    expect(closed + sum).toBe(micros(body.restated_totals.usage?.credits?.total_credits ?? '0'));
    for (const entry of body.restatements)
      expect(inPeriod(localDay(Date.parse(entry.occurred_at), tz))).toBe(true);
  }
});

/** A plain decimal of at most six places as millionths. */
function micros(text: string): bigint {
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const size = BigInt(whole + fraction.padEnd(6, '0'));
  return text.startsWith('-') ? -size : size;
}
