import { describe, expect, it } from '@jest/globals';
import { validateSync } from 'class-validator';
import fc from 'fast-check';
import { isJsonObject, parseJson } from '../../src/webhook/parse-json.js';
import { problemsIn } from '../../src/webhook/problems.js';
import { readDelivery } from '../../src/webhook/read-delivery.js';
import { spell } from '../../src/webhook/spell.js';
import { fields, message, NOW, PAYLOADS, readText, readWith } from './sent.js';

describe('hostile bodies', () => {
  it('cannot set a prototype through any object of the body', () => {
    const evil =
      '"__proto__":{"polluted":1,"message_type":"x","total_tokens":-1},"constructor":{"prototype":{"polluted":1}}';
    const { output } = message(
      readWith(
        `${evil},"output":[{${evil},"content":{${evil},"audio":[{${evil}}]}}],"usage":{${evil},"tokens":{${evil}},"credits":{${evil}}}`,
      ),
    );
    const piece = output[0];
    for (const value of [piece?.more, piece?.audio[0]]) {
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(Object.keys(value ?? {})).toContain('__proto__');
    }
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('do not get a required field from __proto__', () => {
    expect(
      fields(readText('{"__proto__":{"message_id":"m","conversation_id":"c","create_time":1758900123}}')),
    ).toHaveLength(3);
  });

  it.each([
    ['empty pieces', `"output":[${'{},'.repeat(1e6)}{}]`],
    ['numbers as pieces', `"output":[${'0,'.repeat(1e6)}0]`],
    ['empty audio entries', `"content":{"audio":[${'{},'.repeat(1e6)}{}]}`],
    ['digits', `"usage":{"credits":{"total_credits":${'9'.repeat(4e6)}}}`],
    [
      'keys beside a long number',
      `"x":12345678901234567,"y":{${Array.from({ length: 3e5 }, (_, i) => `"${i}":0`)}}`,
    ],
    // Linear, or this runs into Jest's limit by hours; how many seconds it takes is for a benchmark to say.
  ])(
    'with a million %s are read in time that grows with their length',
    (_what, json) => expect(['message', 'refused']).toContain(readWith(json).kind),
    60_000,
  );

  it('that break off anywhere are refused as no JSON', () => {
    const body = PAYLOADS[1]?.body ?? '';
    for (let length = 0; length < body.length; length++) {
      expect(fields(readText(body.slice(0, length)))).toEqual(['body']);
    }
  });
});

describe('any body', () => {
  const bodies = fc.constantFrom(...PAYLOADS.map(({ body }) => Buffer.from(body)));
  const bytes = fc.uint8Array({ maxLength: 6 });
  const snippets = fc
    .constantFrom(
      'null',
      '[]',
      '{}',
      '""',
      '-1',
      '1e400',
      '"__proto__"',
      '9007199254740993',
      '[[',
      '\\ud800',
      ',',
    )
    .map((text) => Buffer.from(text));

  /** A body of the sender with a stretch of bytes replaced. */
  const mutated = fc
    .tuple(bodies, fc.nat(), fc.nat({ max: 8 }), fc.oneof(bytes, snippets))
    .map(([body, at, length, replacement]) => {
      const start = at % (body.length + 1);
      return Buffer.concat([body.subarray(0, start), replacement, body.subarray(start + length)]);
    });

  /** A body of the sender with one of its values, at any depth, replaced by any JSON value. */
  const replaced = fc.tuple(bodies, fc.nat(), fc.jsonValue()).map(([body, nth, value]) => {
    let seen = 0;
    const target = nth % 40;
    try {
      return Buffer.from(
        JSON.stringify(JSON.parse(body.toString(), (_key, old) => (seen++ === target ? value : old))),
      );
    } catch {
      return body;
    }
  });

  it('is a probe, a message or refused with a reason, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(mutated, replaced, fc.uint8Array()), (body) => {
        const reading = readDelivery(body, NOW);
        expect(['probe', 'message', 'refused']).toContain(reading.kind);
        if (reading.kind === 'refused') {
          expect(reading.problems).not.toEqual([]);
          for (const { field, problem } of reading.problems) expect(field && problem).toBeTruthy();
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('is judged as class-validator itself judges it', () => {
    fc.assert(
      fc.property(fc.oneof(mutated, replaced), (body) => {
        const parsed = parseJson(body);
        if ('problem' in parsed || !isJsonObject(parsed.value)) return;
        const delivery = spell(parsed.value);
        expect(problemsIn(delivery).length > 0).toBe(validateSync(delivery).length > 0);
      }),
      { numRuns: 5000 },
    );
  });
});
