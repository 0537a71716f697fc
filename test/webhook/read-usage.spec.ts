import { describe, expect, it } from '@jest/globals';
import { CREDIT_FIGURES, type Figures } from '../../src/ledger/figures.js';
import { fields, message, readWith } from './sent.js';

const readTokens = (json: string) => readWith(`"usage":{"tokens":${json}}`);
const readCredits = (json: string) => readWith(`"usage":{"credits":${json}}`);

describe('every figure', () => {
  it.each<[string, (json: string) => string, string]>([
    ['total_tokens', (n) => `"tokens":{"total_tokens":${n}}`, 'tokens.total_tokens'],
    ['prompt_tokens', (n) => `"tokens":{"prompt_tokens":${n}}`, 'tokens.prompt_tokens'],
    ['completion_tokens', (n) => `"tokens":{"completion_tokens":${n}}`, 'tokens.completion_tokens'],
    ...(
      ['prompt_text', 'prompt_audio', 'completion_text', 'completion_audio', 'completion_reasoning'] as const
    ).map((name): [string, (json: string) => string, string] => {
      const [side, kind] = name.split('_');
      const nested = (n: string) => `"tokens":{"${side}_tokens_details":{"${kind}_tokens":${n}}}`;
      return [`${name}_tokens`, nested, `tokens.${side}_tokens_details.${kind}_tokens`];
    }),
    ...CREDIT_FIGURES.map((name): [string, (json: string) => string, string] => [
      name,
      (n) => `"credits":{"${name}":${n}}`,
      `credits.${name}`,
    ]),
  ])('is read and judged: %s', (name, place, path) => {
    const { usage } = message(readWith(`"usage":{${place('7')}}`));
    expect(String(usage?.figures[name as keyof Figures])).toBe('7');
    expect(fields(readWith(`"usage":{${place('-7')}}`))).toEqual([`usage.${path}`]);
  });
});

describe('token counts', () => {
  it.each([
    ['29', 29n],
    ['29.0', 29n],
    ['2.9e1', 29n],
    ['"29"', 29n],
    ['-0', 0n],
    ['-0.0', 0n],
    ['9007199254740991', 9007199254740991n],
    ['"9007199254740991"', 9007199254740991n],
    ['9007199254740991.000', 9007199254740991n],
  ])('read %s', (json, count) => {
    expect(message(readTokens(`{"total_tokens":${json}}`)).usage?.figures.total_tokens).toBe(count);
  });

  it.each([
    '-1',
    '1.5',
    '0.99999999999999999999',
    '9007199254740992',
    '9007199254740993',
    '1e16',
    '1e400',
    '1e999999999',
    '""',
    '" 1"',
    '"1 "',
    '"+1"',
    '"0x10"',
    '"01"',
    'true',
    '[1]',
    '{}',
  ])('refuse %s', (json) => {
    expect(fields(readTokens(`{"total_tokens":${json}}`))).toEqual(['usage.tokens.total_tokens']);
    expect(fields(readTokens(`{"prompt_tokens_details":{"text_tokens":${json}}}`))).toEqual([
      'usage.tokens.prompt_tokens_details.text_tokens',
    ]);
  });

  it('add up to a total that was not reported, beyond 2^53 too', () => {
    const figures = (json: string) => message(readTokens(json)).usage?.figures;
    expect(figures('{"prompt_tokens":19,"completion_tokens":10}')?.total_tokens).toBe(29n);
    expect(
      figures('{"prompt_tokens":9007199254740991,"completion_tokens":9007199254740990}')?.total_tokens,
    ).toBe(18014398509481981n);
    expect(figures('{"prompt_tokens":19}')?.total_tokens).toBeNull();
  });
});

describe('credits', () => {
  it.each([
    ['0.25', '0.25'],
    ['"0.250"', '0.25'],
    ['1.4e-6', '0.0000014'],
    ['1e-30', `0.${'0'.repeat(29)}1`],
    [`0.1${'0'.repeat(100_000)}`, '0.1'],
    ['9'.repeat(30), '9'.repeat(30)],
    ['0.1000000000000000055511151231', '0.1000000000000000055511151231'],
  ])('read %.40s', (json, decimal) => {
    expect(message(readCredits(`{"total_credits":${json}}`)).usage?.figures.total_credits).toBe(decimal);
  });

  it.each([
    '-0.1',
    '1e30',
    '1e-31',
    '1e400',
    '1e999999999',
    '9'.repeat(100_000),
    '""',
    '"1,5"',
    '" 1"',
    'false',
    '[]',
  ])('refuse %.40s', (json) =>
    expect(fields(readCredits(`{"total_credits":${json}}`))).toEqual(['usage.credits.total_credits']),
  );

  it('add up to a total that was not reported', () => {
    const figures = message(readCredits('{"text_input_credits":0.1,"audio_output_credits":"0.2"}')).usage
      ?.figures;
    expect(figures).toMatchObject({ total_credits: '0.3', text_output_credits: null });
  });
});

describe('usage', () => {
  it.each([
    '{}',
    '{"tokens":{}}',
    '{"tokens":{"cached_tokens":5},"credits":{"video_credits":1}}',
    '{"credits":{"total_credits":null}}',
  ])('counts as absent where it reports no figure: %s', (json) =>
    expect(message(readWith(`"usage":${json}`)).usage).toBeNull(),
  );

  it('keeps a reported total and says that it differs from its parts', () => {
    const tokens = message(readTokens('{"total_tokens":30,"prompt_tokens":19,"completion_tokens":10}')).usage;
    expect(tokens).toMatchObject({ totalsMismatched: true, figures: { total_tokens: 30n } });
    const credits = message(readCredits('{"total_credits":0.4,"text_input_credits":0.3}')).usage;
    expect(credits).toMatchObject({ totalsMismatched: true, figures: { total_credits: '0.4' } });
  });

  it('sees no mismatch where totals and parts agree, or cannot be compared', () => {
    expect(
      message(readTokens('{"total_tokens":29,"prompt_tokens":19,"completion_tokens":10}')).usage
        ?.totalsMismatched,
    ).toBe(false);
    expect(message(readTokens('{"total_tokens":30,"prompt_tokens":19}')).usage?.totalsMismatched).toBe(false);
    expect(
      message(readCredits('{"total_credits":0.3,"text_input_credits":0.1,"text_output_credits":0.20}')).usage
        ?.totalsMismatched,
    ).toBe(false);
    expect(message(readCredits('{"total_credits":0.3}')).usage?.totalsMismatched).toBe(false);
  });
});
