import fc from 'fast-check';
import { idsInBody } from '../../src/erasure/ids-in-body.js';

const named = (body: string | Uint8Array) => [
  ...idsInBody(typeof body === 'string' ? Buffer.from(body) : body).conversations,
];
const encoded = (text: string) => JSON.stringify(text);
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();

describe('the conversations that a body names', () => {
  const pretty = JSON.stringify(
    { text: 'hello', conversation_id: 'c 1', output: [{ content: 'x' }] },
    null,
    2,
  );
  it.each<[string, string | Uint8Array]>([
    ['plain JSON', '{"conversation_id":"c 1"}'],
    ['a body that is cut', '{"conversation_id":"c 1","text":"never ende'],
    ['a pretty one that is cut', pretty.slice(0, -9)],
    ['two blanks behind the colon', '{"conversation_id":  "c 1", "text": "cut'],
    ['a tab and line breaks around the colon', '{"conversation_id"\t\r\n:\n\t"c 1", "text": "cut'],
    ['an escaped digit', '{"conversation_id":"c \\u0031","text":"cut'],
    [
      'an escaped key, in either case of hexadecimal',
      '{"conversation\\u005Fid":"c \\u0031","te\\u0078t":"cut',
    ],
    ['JSON in a string', `{"payload":${encoded('{"conversation_id":"c 1"}')}}`],
    [
      'JSON in a string that is cut',
      `{"payload":${encoded('{"conversation_id":"c 1","text":"x"}')}`.slice(0, -9),
    ],
    ['JSON in a string in a string', `[${encoded(encoded(encoded('{"conversation_id":"c 1"}')))}]`],
    [
      'JSON in a string, its quotes escaped as code points',
      '["{\\u0022conversation_id\\u0022:\\u0022c 1\\u0022}"]',
    ],
    ['an escaped body without its quotes', '{\\"conversation_id\\":\\"c 1\\",\\"text\\":\\"x\\"}'],
    ['a wrapper', '{"data":[{"event":{"conversation_id":"c 1"}}]}'],
    ['a body with a mark', '\uFEFF{"conversation_id":"c 1"'],
    ['an id with marks', '{"conversation_id":"\uFEFFc 1\\ufeff"'],
    ['invalid UTF-8 elsewhere', Buffer.from('{"text":"\xff","conversation_id":"c 1","x":"\xc3"', 'latin1')],
    ['UTF-16 with a mark', Buffer.from('\uFEFF{"conversation_id":"c 1"}', 'utf16le')],
    ['UTF-16 of the other order', utf16be('{"conversation_id":"c 1"}')],
    ['a stray quote before', '{"text":"5" wide","conversation_id":"c 1"}'],
    ['a list', '{"conversation_id":["c 1"],"text":"x"}'],
    ['an object', '{"conversation_id":{"id":["c 1"]},"text":"x"}'],
    ['a form', 'text=hello&conversation_id=c%201'],
    ['a form with a plus', 'conversation_id=c+1&text=x'],
    ['YAML', 'text: x\nconversation_id: "c 1"\n'],
    ['JSON in a form', `payload=${encodeURIComponent('{"conversation_id":"c 1"}')}`],
    ['what Python prints', "{'text': 'x', 'conversation_id': 'c 1'}"],
    ['comments around the colon', '{"conversation_id" /* of */ : // the chat\n "c 1"}'],
    ['a comment before a bare value', '{"conversation_id": /* old */ c1, "x": 1, "conversation_id": "c 1"}'],
    ['keys without quotes', '{conversation_id: "c 1"}'],
  ])('are found in %s', (_, body) => {
    expect(named(body)).toContain('c 1');
  });

  it('are all that any key names, of a doubled key too', () => {
    expect(named('{"conversation_id":"a","conversation_id":"b","x":{"conversation_id":7}}')).toEqual([
      'a',
      'b',
      '7',
    ]);
    expect(named('{"conversation_id":["a",["b"]],"text":"c"}')).toEqual(['a', 'b']);
  });

  it.each([
    ['nothing', ''],
    ['another member', '{"message_id":"c 1","x_conversation_id":"c 1","text":"c 1"'],
    ['an id that is cut', '{"text":"x","conversation_id":"c 1'],
    ['a number that is cut', '{"text":"x","conversation_id": 12'],
    ['no value', '{"conversation_id":null,"text":"c 1"}'],
    ['an empty id', '{"conversation_id":"","text":"c 1"}'],
    ['the key as a text', '{"text":"conversation_id","more":"c 1"}'],
    ['bytes', String.fromCharCode(...Array(64).keys())],
  ])('are none in %s', (_, body) => {
    expect(named(body)).toEqual([]);
  });

  it('are not those whose id only begins alike, be it by an escape or a quote', () => {
    expect(named('{"conversation_id":"c 12"}')).toEqual(['c 12']);
    expect(named('{"conversation_id":"c 1\\"2"}')).toEqual(['c 1"2']);
    expect(named(`[${encoded('{"conversation_id":"c 1\\"2"}')}]`)).toEqual(['c 1"2']);
    expect(named(Buffer.from('{"conversation_id":"c 1\xff"}', 'latin1'))).toEqual([]);
  });

  it('are told from messages', () => {
    const { conversations, messages } = idsInBody(Buffer.from('{"message_id":"m","conversation_id" : "c"'));
    expect([[...conversations], [...messages]]).toEqual([['c'], ['m']]);
  });

  it('are looked for in any bytes without ever failing, in bounded depth', () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    const likely = fc
      .array(
        fc.constantFrom(
          '"',
          '\\',
          '\\u',
          '005c',
          ':',
          '{',
          '[',
          '}',
          'conversation_id',
          '=',
          '%22',
          '\0',
          '\uFEFF',
          'x',
        ),
      )
      .map((parts) => Buffer.from(parts.join('')));
    fc.assert(
      fc.property(fc.oneof(bytes, likely), (body) => void idsInBody(body)),
      { numRuns: 3_000 },
    );
    idsInBody(Buffer.from(`"\\${'u005c'.repeat(50_000)}"`));
  });
});

/** How a program may write a text as JSON: each character in any of its spellings. */
const spellings: Record<string, string[]> = { '"': ['\\"'], '\\': ['\\\\'], '/': ['/', '\\/'] };
const code = (unit: number, upper: boolean) => {
  const hex = unit.toString(16).padStart(4, '0');
  return `\\u${upper ? hex.toUpperCase() : hex}`;
};
const unitOf = (random: () => number, unit: number): string => {
  if (unit < 0x20 || random() < 0.2) return code(unit, random() < 0.5);
  const char = String.fromCharCode(unit);
  const choices = spellings[char] ?? [char];
  return choices[Math.floor(random() * choices.length)]!;
};
const stringOf = (random: () => number, text: string): string => {
  const isPaired = (at: number) => /[\ud800-\udfff]/.test(text.charAt(at));
  let result = '';
  for (let at = 0; at < text.length; at++)
    result += isPaired(at) ? code(text.charCodeAt(at), random() < 0.5) : unitOf(random, text.charCodeAt(at));
  return `"${result}"`;
};
const blanks = (random: () => number) =>
  Array.from({ length: Math.floor(random() * 4) }, () => ' \t\r\n'.charAt(Math.floor(random() * 4))).join('');
const spell = (random: () => number, value: unknown): string => {
  const pad = () => blanks(random);
  if (typeof value === 'string') return stringOf(random, value);
  if (Array.isArray(value)) return `[${value.map((one) => pad() + spell(random, one) + pad()).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(
      ([key, one]) => `${pad()}${stringOf(random, key)}${pad()}:${pad()}${spell(random, one)}${pad()}`,
    );
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
};

describe('any spelling of a body', () => {
  const id = fc
    .string({
      unit: fc.oneof(
        fc.constantFrom('"', '\\', '/', 'a', '1', '\u{1F600}', 'ü', ':'),
        fc.string({ minLength: 1, maxLength: 1 }),
      ),
      minLength: 1,
      maxLength: 12,
    })
    .filter((text) => !text.includes('\uFEFF'));
  const junk = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.array(fc.string(), { maxLength: 3 }),
    fc.dictionary(
      fc.string({ maxLength: 5 }).filter((key) => key !== '__proto__'),
      fc.string(),
      { maxKeys: 3 },
    ),
  );
  /** `{"conversation_id": id}` among other members, in wrappers, of which some are JSON in a string. */
  const body = fc.record({
    id,
    before: fc.dictionary(fc.constantFrom('text', 'output', 'usage'), junk),
    after: fc.dictionary(fc.constantFrom('create_time', 'more', 'message'), junk),
    wrappers: fc.array(fc.constantFrom('list', 'object', 'string'), { maxLength: 4 }),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    cut: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  type Body = typeof body extends fc.Arbitrary<infer T> ? T : never;
  const written = ({ id, before, after, wrappers, seed }: Body) => {
    let state = seed;
    const random = () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
    let value: unknown = { ...before, conversation_id: id, ...after };
    for (const wrapper of wrappers) {
      if (wrapper === 'list') value = ['x', value];
      if (wrapper === 'object') value = { a: 'b', payload: value };
      if (wrapper === 'string') value = spell(random, value);
    }
    return spell(random, value);
  };

  it('names its conversation, and no other', () => {
    fc.assert(
      fc.property(body, (one) => {
        expect(named(written(one))).toEqual([one.id]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('names, cut at any place, its conversation or none', () => {
    fc.assert(
      fc.property(body, (one) => {
        const text = written(one);
        const cut = named(text.slice(0, Math.floor(text.length * one.cut)));
        expect([[], [one.id]]).toContainEqual(cut);
      }),
      { numRuns: 2_000 },
    );
  });

  it('names its conversation as soon as its id is whole', () => {
    fc.assert(
      fc.property(body, (one) => {
        expect(named(written(one).slice(0, -1))).toEqual([one.id]);
        const whole = written({ ...one, wrappers: [], after: { last: '' } });
        expect(named(whole.slice(0, whole.lastIndexOf(',')).trimEnd())).toEqual([one.id]);
      }),
      { numRuns: 1_000 },
    );
  });
});
