import { locate, read } from '../../src/console/web/quarantine/locate.js';

const marked = (body: string, ...fields: string[]) =>
  locate(body, fields).map(({ from, to }) => body.slice(from, to));

describe('the broken place of a body', () => {
  it.each([
    ['{"usage":{"tokens":{"total_tokens": -1}}}', 'usage.tokens.total_tokens', '-1'],
    ['{"output":[{"content":"a"},[]]}', 'output[1]', '[]'],
    ['{"a": "x", "create_time": "never"}', 'create_time', '"never"'],
    ['{"text":"a \\" b","message_id":""}', 'message_id', '""'],
  ])('in %s is the value of %s', (body, field, value) => {
    expect(marked(body, field)).toEqual([value]);
  });

  it('is found by its own name where an older body has it elsewhere', () => {
    expect(marked('{"tokens":{"total_tokens":1.5}}', 'usage.tokens.total_tokens')).toEqual(['1.5']);
  });

  it('is nowhere for a field that is missing', () => {
    expect(marked('{"text":"hi"}', 'message_id')).toEqual([]);
  });

  it.each([
    ['{"a": oops}', 6],
    ['{"a": 1,}', 8],
    ['{"a": 1} x', 9],
    ['{"a": "line\nend"}', 11],
    ['{"a": "cut off', 14],
    ['{"a"', 4],
    ['', 0],
    ['[01]', 2],
  ])('of %j is where it stops being JSON', (body, at) => {
    expect(read(body).brokenAt).toBe(at);
  });

  it('of what is JSON is nowhere, whatever characters it holds', () => {
    const bodies = ['{"a":"\\u0000 \u0085 \ud83d\ude00 \ud800"}', ' [1e-6, -0, true, null] ', '"\\\\"'];
    for (const body of bodies) {
      expect(JSON.parse(body)).toBeDefined();
      expect(read(body).brokenAt).toBeNull();
    }
  });

  it('is told of brackets without end', () => {
    expect(read('['.repeat(100_000)).brokenAt).toBeGreaterThan(0);
  });
});
