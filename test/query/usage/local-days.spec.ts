import type { Json } from '../../harness.js';
import { type Archive, openArchive } from './archive.js';
import { plain, scaled } from './reckoning.js';

const HOUR = 3_600_000;

/** Zones, and a month of each in which its clocks do something. */
const MONTHS = [
  ['Europe/Berlin', '2025-03'],
  ['Europe/Berlin', '2025-10'],
  ['Asia/Kathmandu', '2025-10'],
  ['America/St_Johns', '2025-03'],
  ['America/St_Johns', '2025-11'],
  ['America/St_Johns', '2010-11'],
  ['Australia/Lord_Howe', '2025-04'],
  ['Australia/Lord_Howe', '2025-10'],
  ['America/Havana', '2025-03'],
  ['America/Havana', '2025-11'],
  ['Pacific/Apia', '2011-12'],
] as const;

describe('local days', () => {
  let archive: Archive;
  beforeAll(async () => {
    archive = await openArchive(['a', 'b', 'c']);
  });
  beforeEach(() => archive.empty());
  afterAll(() => archive.app.close());

  /** A message at about every ninth hour of a month and of the days around it, with credits of 30 places. */
  const fill = async (month: string) => {
    const first = Date.parse(`${month}-01T00:00:00Z`);
    let n = 0;
    for (let time = first - 40 * HOUR; time < first + 33 * 24 * HOUR; time += 9 * HOUR + 7 * 60_000 + 1) {
      n += 1;
      await archive.deliver('abc'[n % 3]!, {
        conversation_id: `c${n % 5}`,
        message_id: `${n}`,
        create_time: time,
        usage: {
          tokens: { prompt_tokens: 9_007_199_254_740_991, completion_tokens: n },
          credits: { total_credits: `9999999999.${String(n).padStart(30, '0')}` },
        },
      });
    }
    await archive.price('a', `${month}-10`, 'USD', '0.000000000000000000000000000003');
    await archive.price('a', `${month}-20`, 'USD', '0.7');
    await archive.price('b', '2000-01-01', 'USD', '1.000000000000000000000000000001');
    await archive.price('b', `${month}-29`, 'EUR', '3');
    await archive.price('b', `${month}-30`, 'EUR', '5');
  };

  const sum = (rows: Json[]) => {
    const total = (read: (row: Json) => string | undefined) =>
      plain(rows.reduce((all, row) => all + scaled(read(row) ?? '0'), 0n));
    const cost = (currency: string) =>
      total((row) => row.cost.find((part: Json) => part.currency === currency)?.amount);
    return {
      messages: rows.reduce((all, row) => all + row.messages, 0n),
      tokens: rows.reduce((all, row) => all + (row.usage?.tokens.total_tokens ?? 0n), 0n),
      credits: total((row) => row.usage?.credits.total_credits),
      usd: cost('USD'),
      eur: cost('EUR'),
    };
  };

  it.each(MONTHS)(
    'of %s in %s add up to the month, and so do hours, weeks and agents, to the last digit',
    async (tz, period) => {
      await fill(period);
      const question = `period=${period}&tz=${tz}`;
      const { totals, data: days } = await archive.ask(`${question}&bucket=day`);
      const whole = sum([totals]);
      expect(whole.messages).toBeGreaterThan(75n);
      expect(scaled(whole.eur)).toBeGreaterThan(0n);
      expect(sum(days)).toEqual(whole);
      for (const more of [
        'bucket=month',
        'bucket=week',
        'bucket=hour',
        'bucket=none&group_by=agent',
        'bucket=day&group_by=agent',
        'bucket=none&group_by=conversation,message_type&sort=credits',
        'bucket=day&group_by=conversation',
      ]) {
        const { data } = await archive.ask(`${question}&${more}`);
        expect([more, sum(data)]).toEqual([more, whole]);
      }

      // Each local date that the zone had is one bucket, which begins where the date does.
      const dates = days.map(({ start }: Json) => start.slice(0, 10));
      const month = new Date(`${period}-01T00:00:00Z`);
      const expected: string[] = [];
      for (
        const day = new Date(month);
        day.getUTCMonth() === month.getUTCMonth();
        day.setUTCDate(day.getUTCDate() + 1)
      )
        expected.push(day.toISOString().slice(0, 10));
      expect(dates).toEqual(expected.filter((date) => tz !== 'Pacific/Apia' || date !== '2011-12-30'));
    },
    30_000,
  );

  it('sum tokens beyond what 64 bits hold', async () => {
    const of = 9_007_199_254_740_991;
    // 2^63 is 1,024 times 2^53, so tokens of 1,040 messages are beyond it. One delivery, and the rest by the short way.
    await archive.deliver('a', {
      conversation_id: 'c',
      message_id: 'm',
      create_time: 1_790_000_000,
      usage: { tokens: { prompt_tokens: of } },
    });
    const { pool } = archive.app.database;
    await pool.query(`update usage_bucket set prompt_tokens = prompt_tokens * 1040`);
    await pool.query(`insert into message (agent_id, id, conversation_id, message_type, create_time, received_at, recorded_at, delivery_id, has_usage, prompt_tokens)
      select agent_id, 'm' || n, conversation_id, message_type, create_time, received_at, recorded_at, delivery_id, has_usage, prompt_tokens
      from message, generate_series(2, 1040) n`);
    const expected = BigInt(of) * 1040n;
    expect(expected).toBeGreaterThan(2n ** 63n);
    for (const more of ['', '&group_by=conversation']) {
      const { totals } = await archive.ask(`period=2026-09&bucket=none${more}`);
      expect(totals.usage.tokens.prompt_tokens).toBe(expected);
    }
  });

  it('cost what a credit cost on that day where the day is, by the price recorded last', async () => {
    // 2026-10-31T23:30Z is the first of November in Berlin, and the last of October in London.
    await archive.deliver('a', {
      conversation_id: 'c',
      message_id: 'm',
      create_time: 1_793_489_400,
      usage: { credits: { total_credits: '2' } },
    });
    await archive.price('a', '2026-11-01', 'USD', '10');
    await archive.price('a', '2026-10-01', 'USD', '1');
    await archive.price('a', '2026-11-01', 'USD', '20');
    await archive.price('b', '2026-10-01', 'EUR', '5');
    const cost = async (question: string) => (await archive.ask(question)).totals.cost;
    const bounds = 'from=2026-10-30&to=2026-11-03&bucket=day';
    expect(await cost(`${bounds}&tz=Europe/Berlin`)).toEqual([{ currency: 'USD', amount: '40' }]);
    expect(await cost(`${bounds}&tz=Europe/London`)).toEqual([{ currency: 'USD', amount: '2' }]);
    expect(await cost(`${bounds}&agent=b`)).toEqual([]);
  });
});
