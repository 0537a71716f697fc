import { describe, expect, it } from '@jest/globals';
import { spell } from '../../src/webhook/spell.js';

const audio = (entry: Record<string, unknown>) => ({
  audio: undefined,
  transcript: undefined,
  more: {},
  ...entry,
});
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
const spelled = (body: Record<string, unknown>) => plain(spell(body));

describe('spell: reply pieces', () => {
  it('reads output', () => {
    expect(spelled({ output: [{ content: { text: 'a' } }] }).output).toEqual([
      { content: { text: 'a', audio: [], more: {} } },
    ]);
  });

  it('reads flow_output', () => {
    expect(spelled({ flow_output: [{ content: 'a' }] }).output).toEqual([
      { content: { text: 'a', audio: [], more: {} } },
    ]);
  });

  it('fills what usage.tokens lacks from usage.output', () => {
    const output = { total_tokens: 3, prompt_tokens: 2 };
    const tokensOf = (tokens: unknown) => spelled({ usage: { tokens, output } }).usage.tokens;
    expect(tokensOf({})).toMatchObject(output);
    expect(tokensOf({ total_tokens: 4 })).toMatchObject({ ...output, total_tokens: 4 });
    expect(tokensOf('many')).toBe('many');
  });

  it('prefers output, unless it is empty', () => {
    const flow_output = [{ content: 'old' }];
    expect(spelled({ output: [{ content: 'new' }], flow_output }).output[0].content.text).toBe('new');
    expect(spelled({ output: [], flow_output }).output[0].content.text).toBe('old');
    expect(spelled({ output: null, flow_output }).output[0].content.text).toBe('old');
    expect(spelled({ output: [null], flow_output }).output[0].content.text).toBe('old');
  });

  it.each([{ content: 'a' }, { from_component_name: 'n' }, { from_component_branch: 'b' }])(
    'reads the single piece that lies flat at the top: %j',
    (flat) => {
      expect(spelled(flat).output).toHaveLength(1);
      expect(spelled({ output: [], ...flat }).output).toHaveLength(1);
    },
  );

  it('reads a whole flat piece', () => {
    const body = { text: 't', from_component_name: 'n', from_component_branch: 'b', content: { text: 'a' } };
    expect(spelled(body).output).toEqual([
      { from_component_name: 'n', from_component_branch: 'b', content: { text: 'a', audio: [], more: {} } },
    ]);
  });

  it('ignores the flat piece beside a list with elements', () => {
    expect(spelled({ content: 'flat', flow_output: [{ content: 'listed' }] }).output).toHaveLength(1);
    expect(spelled({ content: 'flat', flow_output: [{ content: 'listed' }] }).output[0].content.text).toBe(
      'listed',
    );
  });

  it('has no pieces where none were sent', () => {
    expect(spelled({ text: 't', content: null }).output).toEqual([]);
  });

  it('drops null elements', () => {
    expect(spelled({ output: [null, { content: 'a' }] }).output).toHaveLength(1);
  });

  it('leaves what is no list, and elements that are no objects, for the DTO', () => {
    expect(spelled({ output: 'x' }).output).toBe('x');
    expect(spelled({ output: [[], 5] }).output).toEqual([[], 5]);
  });
});

describe("spell: a piece's content", () => {
  const content = (sent: unknown) => spelled({ output: [{ content: sent }] }).output[0].content;

  it.each(['output', 'flow_output'])('may be a string or an object in %s', (key) => {
    expect(spelled({ [key]: [{ content: 'a' }] }).output[0].content.text).toBe('a');
    expect(spelled({ [key]: [{ content: { text: 'a' } }] }).output[0].content.text).toBe('a');
  });

  it('keeps further kinds as they were sent, without those that are null', () => {
    const image = [{ url: 'https://files.example/a.png', size: null }];
    expect(content({ text: 'a', image, video: null }).more).toEqual({ image });
  });

  it('may be absent', () => {
    expect(content(null)).toBeUndefined();
  });

  it('stays as it is where it is neither', () => {
    expect(content(['a'])).toEqual(['a']);
  });

  it('keeps __proto__ and constructor data', () => {
    const sent = JSON.parse('{"text":"a","__proto__":{"polluted":true},"constructor":1}');
    const { more } = spell({ content: sent }).output[0]?.content ?? {};
    expect(Object.getPrototypeOf(more)).toBe(Object.prototype);
    expect(JSON.stringify(more)).toBe('{"__proto__":{"polluted":true},"constructor":1}');
  });
});

describe('spell: an audio entry', () => {
  const entries = (sent: object) => spell({ content: sent }).output[0]?.content?.audio;

  it.each(['audio', 'audioDatas'])('is found under %s', (key) => {
    expect(entries({ [key]: [{ audio: 'u', transcript: 't' }] })).toEqual([
      audio({ audio: 'u', transcript: 't' }),
    ]);
  });

  it('may call the address url', () => {
    expect(entries({ audio: [{ url: 'u', transcript: 't' }] })).toEqual([
      audio({ audio: 'u', transcript: 't' }),
    ]);
  });

  it('prefers the documented spellings', () => {
    const sent = { audio: [{ audio: 'u', url: 'other' }], audioDatas: [{ audio: 'v' }] };
    expect(entries(sent)).toEqual([audio({ audio: 'u' })]);
  });

  it('keeps further keys', () => {
    expect(entries({ audioDatas: [{ url: 'u', transcript: null, seconds: 3 }] })).toEqual([
      audio({ audio: 'u', more: { seconds: 3 } }),
    ]);
  });
});

describe('spell: branch', () => {
  const branch = (piece: object) => spelled({ output: [piece] }).output[0].from_component_branch;

  it('is read under both spellings, the documented one first', () => {
    expect(branch({ from_component_branch: '2' })).toBe('2');
    expect(branch({ branch: '1' })).toBe('1');
    expect(branch({ branch: '1', from_component_branch: '2' })).toBe('2');
    expect(branch({ branch: '1', from_component_branch: null })).toBe('1');
  });

  it('may be null or missing, and stays empty where it is empty', () => {
    expect(branch({ branch: null })).toBeUndefined();
    expect(branch({})).toBeUndefined();
    expect(branch({ from_component_branch: '' })).toBe('');
  });
});

describe('spell: message_type and text', () => {
  it('passes them on, and null as absent', () => {
    expect(spelled({ message_type: 'QUESTION', text: '' })).toMatchObject({
      message_type: 'QUESTION',
      text: '',
    });
    expect(spelled({ message_type: null, text: null })).toEqual({ output: [] });
  });
});

describe('spell: usage', () => {
  const tokens = (usage: unknown, rest: object = {}) => spelled({ usage, ...rest }).usage.tokens;

  it('is absent where it is absent or null', () => {
    expect(spell({}).usage).toBeUndefined();
    expect(spell({ usage: null, credits: null }).usage).toBeUndefined();
  });

  it.each([
    ['usage.tokens', { tokens: { total_tokens: 7 } }],
    ['usage.output', { output: { total_tokens: 7 } }],
    ['usage.tokens as a one-element array', { tokens: [{ total_tokens: 7 }] }],
    ['usage.output as a one-element array', { output: [{ total_tokens: 7 }] }],
    ['usage itself', { total_tokens: 7 }],
  ])('finds the tokens in %s', (_where, usage) => {
    expect(tokens(usage)).toEqual({ total_tokens: 7 });
  });

  it('prefers tokens to output, and nested keys to flat ones, key by key', () => {
    expect(
      tokens({
        tokens: { total_tokens: 1 },
        output: [{ total_tokens: 2 }],
        total_tokens: 3,
        prompt_tokens: 4,
      }),
    ).toEqual({ total_tokens: 1, prompt_tokens: 4 });
    expect(tokens({ output: { total_tokens: 2 }, total_tokens: 3 })).toEqual({ total_tokens: 2 });
  });

  it.each([[[]], [[{}, {}]], [[[{}]]], ['x'], [5]])(
    'leaves tokens of another kind for the DTO: %j',
    (sent) => {
      expect(tokens({ tokens: sent })).toEqual(sent);
    },
  );

  it('reads the details, also flat ones', () => {
    const details = {
      prompt_tokens_details: { text_tokens: 1, audio_tokens: 2 },
      completion_tokens_details: { text_tokens: 3, audio_tokens: 4, reasoning_tokens: 5 },
    };
    expect(tokens({ tokens: details })).toEqual(details);
    expect(tokens(details)).toEqual(details);
  });

  it('finds the credits in usage and beside it, key by key', () => {
    expect(spelled({ usage: { credits: { total_credits: 1 } } }).usage.credits).toEqual({ total_credits: 1 });
    expect(spelled({ credits: { total_credits: 2 } }).usage.credits).toEqual({ total_credits: 2 });
    expect(
      spelled({
        usage: { credits: { total_credits: 1 } },
        credits: { total_credits: 2, text_input_credits: 3 },
      }).usage.credits,
    ).toEqual({ total_credits: 1, text_input_credits: 3 });
  });

  it('reads text_output__credits, after the key with one underscore', () => {
    const credits = (sent: object) => spelled({ usage: { credits: sent } }).usage.credits;
    expect(credits({ text_output__credits: 1 })).toEqual({ text_output_credits: 1 });
    expect(credits({ text_output__credits: 1, text_output_credits: 2 })).toEqual({ text_output_credits: 2 });
    expect(credits({ text_output__credits: 1, text_output_credits: null })).toEqual({
      text_output_credits: 1,
    });
  });

  it('leaves a usage or credits of another kind for the DTO', () => {
    expect(spelled({ usage: 'x' }).usage).toBe('x');
    expect(spelled({ usage: { credits: [1] } }).usage.credits).toEqual([1]);
  });

  it('leaves numbers as they were sent', () => {
    expect(tokens({ tokens: { total_tokens: '30', prompt_tokens: -1 } })).toEqual({
      total_tokens: '30',
      prompt_tokens: -1,
    });
    expect(spell({ create_time: '1758900200' }).create_time).toBe('1758900200');
  });
});
