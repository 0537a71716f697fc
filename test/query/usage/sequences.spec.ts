import fc from 'fast-check';
import type { Json } from '../../harness.js';
import { type Archive, openArchive, walk } from './archive.js';
import {
  bodyOf,
  CREDITS,
  type Known,
  type Price,
  type Sent,
  sumUp,
  TOKENS,
  take,
  unpricedOf,
} from './reckoning.js';

/** How many sequences of deliveries are tried. */
const RUNS = Number(process.env.USAGE_SEQUENCES ?? 25);

const AGENTS = ['a', 'b', '-z'];
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'Asia/Kathmandu',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'America/Havana',
];

/** Instants at which something happens to somebody: clocks change, months and weeks end, quarters begin. */
const EDGES = [
  '2026-10-24T22:00:00Z',
  '2026-10-25T01:00:00Z',
  '2026-10-31T23:00:00Z',
  '2026-11-01T00:00:00Z',
  '2026-11-01T04:00:00Z',
  '2026-11-01T05:00:00Z',
  '2026-11-01T02:30:00Z',
  '2026-11-01T18:15:00Z',
  '2026-10-03T15:30:00Z',
  '2026-11-02T00:00:00Z',
].map((text) => Date.parse(text));

const instant = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...EDGES), fc.constantFrom(-1, 0, 1, 450_000)) },
  { weight: 1, arbitrary: fc.tuple(fc.integer({ min: EDGES[8]!, max: EDGES[9]! }), fc.constant(0)) },
);
const time = instant.map(([edge, more]) => edge + more);

const tokens = fc.constantFrom('0', '1', '17', '9007199254740991');
const credits = fc.constantFrom(
  '0',
  '0.25',
  '0.000000000000000000000000000001',
  '999999999999999999999999999999.999999999999999999999999999999',
  '3',
);
const usage = fc.record(
  {
    ...Object.fromEntries(TOKENS.map((name) => [name, tokens])),
    ...Object.fromEntries(CREDITS.map((name) => [name, credits])),
  },
  { requiredKeys: [] },
);

const delivery: fc.Arbitrary<Sent> = fc
  .record({
    agent: fc.constantFrom(...AGENTS),
    number: fc.integer({ min: 0, max: 7 }),
    type: fc.constantFrom('ANSWER' as const, 'ANSWER' as const, 'QUESTION' as const),
    time,
    usage: fc.option(usage, { freq: 3 }),
  })
  // A message belongs to one conversation for good; every agent has some of the same name.
  .map(({ number, ...rest }) => ({
    ...rest,
    id: `m${number}`,
    conversation: number % 3 === 0 ? '=c,"1"' : 'C2',
  }));

const price: fc.Arbitrary<Price> = fc.record({
  agent: fc.constantFrom(...AGENTS),
  from: fc.constantFrom('2026-01-01', '2026-10-25', '2026-10-31', '2026-11-01', '2026-11-02'),
  currency: fc.constantFrom('USD', 'EUR'),
  per: fc.constantFrom('0.01', '0', '2', '0.000000000000000000000000000007'),
});

const question = fc.record({
  tz: fc.constantFrom(...ZONES),
  bucket: fc.constantFrom('none', 'hour', 'day', 'week', 'month'),
  groups: fc.shuffledSubarray(['agent', 'conversation', 'message_type']),
  from: fc.oneof(fc.constant(Date.parse('2026-10-01T00:00:00Z')), time),
  length: fc.integer({ min: 1, max: 40 * 86_400_000 }),
  agent: fc.option(fc.constantFrom(...AGENTS)),
  conversation: fc.option(fc.constant('C2'), { freq: 3 }),
  type: fc.option(fc.constantFrom('ANSWER', 'QUESTION'), { freq: 3 }),
  byCredits: fc.boolean(),
  limit: fc.integer({ min: 1, max: 9 }),
  seenUpTo: fc.option(fc.nat({ max: 20 })),
});
type Question = typeof question extends fc.Arbitrary<infer T> ? T : never;

/** The date on a wall calendar, as the platform's own formatter knows it. */
const calendars = new Map(
  ZONES.map((zone) => [
    zone,
    new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }),
  ]),
);
const dayIn = (zone: string) => (instant: number) => calendars.get(zone)!.format(instant);

const NAMES: Record<string, (message: Known) => string> = {
  agent: ({ agent }) => agent,
  conversation_id: ({ conversation }) => conversation,
  message_type: ({ type }) => type,
};

const compare = (a: unknown[], b: unknown[]): number => {
  for (const [index, one] of a.entries()) {
    const other = b[index] as string;
    if ((one as string) !== other) return (one as string) < other ? -1 : 1;
  }
  return 0;
};

describe('usage', () => {
  let archive: Archive;
  beforeAll(async () => {
    archive = await openArchive(AGENTS);
  });
  afterAll(() => archive.app.close());

  const check = async (asked: Question, messages: Known[], prices: Price[], asOf: string | null) => {
    const columns = asked.groups.flatMap((group) => {
      if (group !== 'conversation') return [group];
      return asked.groups.includes('agent') ? ['conversation_id'] : ['agent', 'conversation_id'];
    });
    const to = asked.from + asked.length;
    const byCredits = asked.byCredits && asked.bucket === 'none';
    // A conversation that several agents have must be asked for with its agent.
    const agent = asked.conversation ? (asked.agent ?? 'a') : asked.agent;
    const query = new URLSearchParams({
      from: new Date(asked.from).toISOString(),
      to: new Date(to).toISOString(),
      tz: asked.tz,
      bucket: asked.bucket,
      ...(columns.length > 0 && { group_by: asked.groups.join(',') }),
      ...(agent && { agent }),
      ...(asked.conversation && { conversation_id: asked.conversation }),
      ...(asked.type && { message_type: asked.type }),
      ...(byCredits && { sort: 'credits' }),
      ...(asOf && { as_of: asOf }),
    }).toString();
    const meant = messages.filter(
      (message) =>
        message.time >= asked.from &&
        message.time < to &&
        (!agent || message.agent === agent) &&
        (!asked.conversation || message.conversation === asked.conversation) &&
        (!asked.type || message.type === asked.type),
    );
    const dayOf = dayIn(asked.tz);
    const perPage = asked.bucket === 'hour' && columns.length === 0 ? 400 : asked.limit;
    const { first, data } = await walk(archive, query, perPage);

    expect(first.totals).toEqual(sumUp(meant, prices, dayOf));
    expect(first.completeness).toMatchObject({
      messages_without_usage: BigInt(
        meant.filter(({ type, figures }) => type === 'ANSWER' && !figures).length,
      ),
      corrections: BigInt(meant.reduce((sum, { corrections }) => sum + corrections, 0)),
      redated: BigInt(meant.filter(({ redated }) => redated).length),
      totals_mismatched: BigInt(meant.filter(({ mismatched }) => mismatched).length),
      unpriced_credits: unpricedOf(meant, prices, dayOf),
    });

    // Each message is in the one row whose bucket and groups it has, and each row has just those.
    const rest = new Set(meant);
    for (const row of data) {
      const [start, end] = [Date.parse(row.start), Date.parse(row.end)];
      const own = [...rest].filter(
        (message) =>
          message.time >= start &&
          message.time < end &&
          columns.every((name) => NAMES[name]!(message) === row[name]),
      );
      for (const message of own) rest.delete(message);
      const { start: _start, end: _end, agent: _a, conversation_id: _c, message_type: _t, ...sums } = row;
      expect(sums).toEqual(sumUp(own, prices, dayOf));
      if (columns.length > 0) expect(own.length).toBeGreaterThan(0);
      if (asked.bucket === 'day')
        expect(new Set(own.map((message) => dayOf(message.time))).size).toBeLessThan(2);
      expect(Object.keys(row).slice(2, 2 + columns.length)).toEqual(columns);
    }
    expect([...rest]).toEqual([]);

    if (columns.length === 0) {
      expect(data[0].start).toBe(first.from);
      expect(data.at(-1).end).toBe(first.to);
      for (let n = 1; n < data.length; n++) expect(data[n].start).toBe(data[n - 1].end);
    } else {
      const groupsOf = (row: Json) => columns.map((name) => row[name]);
      const ordered = data.map((row) => [byCredits ? '' : Date.parse(row.start), ...groupsOf(row)]);
      if (!byCredits) expect(ordered).toEqual([...ordered].sort(compare));
      else expect(data.map(groupsOf)).toEqual(dearestFirst(data, groupsOf).map(groupsOf));
    }
    if (asked.limit % 3 === 0) checkCsv(await archive.askCsv(`${query}&format=csv`), data, columns);
  };

  /** The list of conversations says of each what its messages cost. */
  const checkConversations = async (tz: string, messages: Known[], prices: Price[]) => {
    const names = [...new Set(messages.map(({ agent, conversation }) => `${agent} ${conversation}`))];
    const dayOf = dayIn(tz);
    const expected = names.map((name) => {
      const own = messages.filter(({ agent, conversation }) => `${agent} ${conversation}` === name);
      return [name, sumUp(own, prices, dayOf).cost];
    });
    const { body } = await archive.app.get(`/v1/conversations?tz=${tz}`);
    const listed = body.data.map((row: Json) => [`${row.agent} ${row.conversation_id}`, row.cost]);
    expect(listed.sort()).toEqual(expected.sort());
  };

  it(
    'is what adding up the deliveries gives, for every range, zone, bucket, group and instant',
    async () => {
      const sequence = fc.record({
        deliveries: fc.array(delivery, { minLength: 1, maxLength: 14 }),
        prices: fc.array(price, { maxLength: 4 }),
        questions: fc.array(question, { minLength: 3, maxLength: 3 }),
      });
      await fc.assert(
        fc.asyncProperty(sequence, async ({ deliveries, prices, questions }) => {
          await archive.empty();
          const known = new Map<string, Known>();
          const wanted = new Set(questions.map(({ seenUpTo }) => seenUpTo));
          const pasts = new Map<number, { asOf: string; messages: Known[]; prices: Price[] }>();
          const priced: Price[] = [];
          for (const [index, sent] of deliveries.entries()) {
            await archive.deliver(sent.agent, bodyOf(sent));
            take(known, sent);
            const next = prices[index];
            if (next) {
              await archive.price(next.agent, next.from, next.currency, next.per);
              priced.push(next);
            }
            if (wanted.has(index)) {
              const asOf = await archive.instant();
              pasts.set(index, { asOf, messages: [...known.values()], prices: [...priced] });
            }
          }
          for (const asked of questions) {
            const past = asked.seenUpTo === null ? undefined : pasts.get(asked.seenUpTo);
            if (past) await check(asked, past.messages, past.prices, past.asOf);
            else await check(asked, [...known.values()], priced, null);
          }
          await checkConversations(questions[0]!.tz, [...known.values()], priced);
        }),
        { numRuns: RUNS },
      );
    },
    RUNS * 3_000,
  );
});

/** Sorted anew: dearest first, unknown credits last, ties by their groups. */
function dearestFirst(data: Json[], groupsOf: (row: Json) => unknown[]): Json[] {
  const creditsOf = (row: Json): bigint => {
    const text: string | null = row.usage?.credits?.total_credits ?? null;
    if (text === null) return -1n;
    const [whole = '', fraction = ''] = text.split('.');
    return BigInt(whole + fraction.padEnd(40, '0'));
  };
  return [...data].sort((a, b) => {
    const difference = creditsOf(b) - creditsOf(a);
    return difference === 0n ? compare(groupsOf(a), groupsOf(b)) : difference > 0n ? 1 : -1;
  });
}

/** Cells by a reader of its own: quotes are all that is special. */
function cellsOf(csv: string): string[][] {
  return csv
    .split('\r\n')
    .slice(0, -1)
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
      ),
    );
}

/** The CSV has the rows of the JSON, each once, and lines of further currencies without figures. */
function checkCsv(csv: string, data: Json[], columns: string[]): void {
  const [header, ...lines] = cellsOf(csv);
  expect(header).toEqual([
    'start',
    'end',
    ...columns,
    'messages',
    'messages_with_usage',
    ...TOKENS,
    ...CREDITS,
    'currency',
    'cost',
  ]);
  const expected = data.flatMap((row) => {
    const key = [row.start, row.end, ...columns.map((name) => row[name].replace(/^[=-]/, "'$&"))];
    const { tokens, credits } = row.usage ?? {};
    const figures = [
      row.messages,
      row.messages_with_usage,
      tokens?.total_tokens,
      tokens?.prompt_tokens,
      tokens?.completion_tokens,
      tokens?.prompt_tokens_details?.text_tokens,
      tokens?.prompt_tokens_details?.audio_tokens,
      tokens?.completion_tokens_details?.text_tokens,
      tokens?.completion_tokens_details?.audio_tokens,
      tokens?.completion_tokens_details?.reasoning_tokens,
      ...CREDITS.map((name) => credits?.[name]),
    ].map((figure) => String(figure ?? ''));
    const [{ currency, amount } = { currency: '', amount: '' }, ...others] = row.cost;
    return [
      [...key, ...figures, currency, amount],
      ...others.map((cost: Json) => [...key, ...figures.map(() => ''), cost.currency, cost.amount]),
    ];
  });
  expect(lines).toEqual(expected);
}
