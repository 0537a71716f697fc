import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isJsonObject, literalOf, parseJson } from '../../src/webhook/parse-json.js';

const parse = (text: string) => parseJson(Buffer.from(text));
const parsed = (text: string) => (parse(text) as { value: unknown }).value;
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

describe('parseJson', () => {
  it('parses plain JSON as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        // every number of the text, as its literal or as the double that it is
        const plain = JSON.parse(text, (_key, value) => (typeof value === 'number' ? String(value) : value));
        const ours = JSON.stringify(parsed(text), (_key, value) =>
          literalOf(value) !== null && typeof value !== 'string' ? String(Number(literalOf(value))) : value,
        );
        expect(JSON.parse(ours)).toEqual(plain);
      }),
    );
  });

  it.each([
    '9007199254740993',
    '0.1000000000000000055511151231257827',
    '1e400',
    '1.2345678901234567e5',
    '1e-400',
    '-123456789.123456789012345678',
    '1E+0000000000000000001',
    '1000000000000000000000000',
  ])('keeps every digit of %s', (literal) => {
    const [number] = parsed(`[${literal}]`) as unknown[];
    expect(literalOf(number)).toBe(literal);
  });

  it.each(['0', '-0', '1758900123', '1758900119250', '0.298', '1.4e-6', '1E5'])(
    'leaves %s a double',
    (literal) => {
      expect(parsed(literal)).toBe(Number(literal));
    },
  );

  it('is not led astray by digits, quotes and backslashes in strings', () => {
    const sent = { id: '123456789012345678', path: 'a\\', quote: '"9007199254740993"', n: 1 };
    expect(parsed(JSON.stringify(sent))).toEqual(sent);
    expect(literalOf((parsed('{"a\\\\":9007199254740993}') as Record<string, unknown>)['a\\'])).toBe(
      '9007199254740993',
    );
  });

  it.each(['{"a":1,"b":1,"a":2}', '{"a":1,"b":12345678901234567890,"a":2}'])(
    'lets the last of a doubled key win in %s',
    (text) => {
      expect(literalOf((parsed(text) as { a: unknown }).a)).toBe('2');
    },
  );

  it.each(['{"__proto__":{"polluted":true}}', '{"__proto__":{"polluted":true},"n":12345678901234567890}'])(
    'keeps __proto__ an ordinary key in %s',
    (text) => {
      const value = parsed(text) as Record<string, unknown>;
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(Object.keys(value)).toContain('__proto__');
      expect(value.polluted).toBeUndefined();
    },
  );

  it('ignores byte order marks at both ends, and keeps those inside', () => {
    for (const text of ['\uFEFF{}', '\uFEFF\uFEFF{}', '{}\uFEFF']) expect(parsed(text)).toEqual({});
    expect(parsed('["a\uFEFFb"]')).toEqual(['a\uFEFFb']);
    expect(parse('{\uFEFF}')).toHaveProperty('problem');
  });

  it('decodes bytes that are not UTF-8 to U+FFFD', () => {
    expect(parseJson(Buffer.from('"a\xff"', 'latin1'))).toEqual({ value: 'a\uFFFD' });
  });

  it('takes 64 levels and refuses 65', () => {
    expect(parse(nested(64))).toHaveProperty('value');
    expect(parse(nested(65))).toEqual({ problem: 'must not be nested more than 64 levels deep' });
    expect(parse(`${'{"a":'.repeat(65)}1${'}'.repeat(65)}`)).toHaveProperty('problem');
  });

  it('does not count brackets in strings, nor siblings', () => {
    expect(parse(JSON.stringify('['.repeat(1000)))).toHaveProperty('value');
    expect(parse(`[${'[],'.repeat(1000)}[]]`)).toHaveProperty('value');
  });

  it.each([
    ['open brackets', '['.repeat(4e6)],
    ['balanced brackets', nested(2e6)],
    ['open braces', '{"":'.repeat(1e6)],
    ['backslashes in a string that never ends', `"${'\\'.repeat(4e6)}`],
    ['digits', '9'.repeat(4e6)],
  ])('survives four million bytes of %s', (_what, text) => {
    // A walk for each of them would take longer than a test may.
    expect(() => parse(text)).not.toThrow();
  });

  it.each([
    ['', 'must be JSON, but it ends too early'],
    ['{"message_id": "x"', /^must be JSON, but it breaks off at character \d+$|ends too early$/],
    ['{"message_id": "x",', /^must be JSON/],
    ['{"a":1,,}', /at character 8$/],
    ['secret in JSON at position 7', 'must be JSON'],
    ["{'a':1}", /^must be JSON/],
    ['NaN', 'must be JSON'],
  ])('says what is wrong with %j without quoting it', (text, problem) => {
    const refused = parse(text) as { problem: string };
    if (typeof problem === 'string') expect(refused.problem).toBe(problem);
    else expect(refused.problem).toMatch(problem);
    expect(refused.problem).not.toContain('secret');
  });
});

describe('isJsonObject', () => {
  it('is true for objects only, and not for a number in its lossless form', () => {
    expect(isJsonObject({})).toBe(true);
    for (const value of [null, [], 1, 'a', true, parsed('12345678901234567890')]) {
      expect(isJsonObject(value)).toBe(false);
    }
  });
});
