import fc from 'fast-check';
import { type Archive, openArchive } from './archive.js';

const START = 1_790_000_000;
const MONTH = 'period=2026-09&bucket=none';

describe('an agent looks cumulative', () => {
  let archive: Archive;
  beforeAll(async () => {
    archive = await openArchive(['a', 'b']);
  });
  beforeEach(() => archive.empty());
  afterAll(() => archive.app.close());

  type Figures = { prompt: number; completion?: number; credits?: number };
  /** One conversation for each list, with a minute between its messages. */
  const converse = async (agent: string, conversations: Figures[][]) => {
    for (const [c, messages] of conversations.entries()) {
      for (const [n, { prompt, completion, credits }] of messages.entries()) {
        await archive.deliver(agent, {
          conversation_id: `${c}`,
          message_id: `${c}/${n}`,
          create_time: START + 60 * n + c,
          usage: {
            tokens: { prompt_tokens: prompt, completion_tokens: completion },
            credits: { total_credits: credits },
          },
        });
      }
    }
  };
  const named = async (more = '') =>
    (await archive.ask(`${MONTH}${more}`)).completeness.looks_cumulative as string[];

  const sumsOf = (messages: Figures[]): Figures[] => {
    const sum = { prompt: 0, completion: 0, credits: 0 };
    return messages.map(({ prompt, completion = 0, credits = 0 }) => {
      sum.prompt += prompt;
      sum.completion += completion;
      sum.credits += credits;
      return { ...sum };
    });
  };
  /** What a reply really reports: a prompt that grows with the conversation, an answer as long as it happens to be. */
  const replies = (count: number, seed: number): Figures[] =>
    fc
      .sample(fc.integer({ min: 5, max: 900 }), { numRuns: count, seed })
      .map((completion, n) => ({ prompt: 400 * (n + 1), completion, credits: 4 * (n + 1) + completion }));

  it('where its usage grows along its conversations like a running sum', async () => {
    await converse(
      'a',
      [1, 2, 3].map((seed) => sumsOf(replies(4, seed))),
    );
    await converse(
      'b',
      [1, 2, 3].map((seed) => replies(6, seed)),
    );
    expect(await named()).toEqual(['a']);
    expect(await named('&agent=b')).toEqual([]);
    expect(await named(`&as_of=${await archive.instant()}`)).toEqual(['a']);
  });

  it('where one conversation is long enough, and where only credits are reported', async () => {
    await converse('a', [sumsOf(replies(6, 1))]);
    await converse('b', [sumsOf(replies(8, 1)).map(({ prompt, credits }) => ({ prompt, credits }))]);
    expect(await named()).toEqual(['a', 'b']);
  });

  it('not by a few messages that happen to stand in order', async () => {
    await converse('a', [sumsOf(replies(5, 1))]);
    await converse('b', [
      sumsOf(replies(3, 1)),
      sumsOf(replies(3, 2)),
      sumsOf(replies(3, 3)),
      sumsOf(replies(3, 4)),
    ]);
    expect(await named()).toEqual([]);
  });

  it('not because its prompts, and with them what messages cost, grow with the conversation', async () => {
    const steady = Array.from({ length: 10 }, (_, n) => ({
      prompt: 500 * (n + 1),
      completion: 20,
      credits: n + 1,
    }));
    await converse('a', [steady, steady, steady]);
    expect(await named()).toEqual([]);
  });

  it('not where one conversation of several grows', async () => {
    await converse('a', [sumsOf(replies(8, 1)), replies(8, 2), replies(8, 3)]);
    expect(await named()).toEqual([]);
  });

  it('not by what was recorded after the instant that is asked for', async () => {
    const [first, ...others] = [1, 2, 3].map((seed) => sumsOf(replies(5, seed)));
    await converse('a', [first!]);
    const asOf = await archive.instant();
    expect(await named(`&as_of=${asOf}`)).toEqual([]);
    await converse('a', [first!, ...others]);
    expect(await named()).toEqual(['a']);
    expect(await named(`&as_of=${asOf}`)).toEqual([]);
  });
});
