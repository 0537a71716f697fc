import { describe, expect, it } from '@jest/globals';
import { stringify } from 'lossless-json';
import { readDelivery } from '../../src/webhook/read-delivery.js';
import { fields, message, NOW, read, readText, readWith, VALID } from './sent.js';

describe('a probe', () => {
  it.each(['{"istest":true}', '{"istest":"true"}', '{"istest":false,"istest":true,"message_id":[]}'])(
    'is %s',
    (body) => {
      expect(readText(body)).toEqual({ kind: 'probe' });
    },
  );

  it.each([false, 'TRUE', 1, [true], null])('is not a body whose istest is %j', (istest) => {
    expect(read({ istest }).kind).toBe('message');
  });

  it('is not one whose istest lies deeper', () => {
    expect(fields(readText('{"usage":{"istest":true}}'))).toEqual([
      'conversation_id',
      'message_id',
      'create_time',
    ]);
  });
});

describe('a body that is no JSON object', () => {
  it.each([
    '',
    '[]',
    '"text"',
    '5',
    'null',
    '12345678901234567890',
    '{',
    '{"a":}',
    `${'['.repeat(65)}${']'.repeat(65)}`,
  ])('is refused: %j', (body) => {
    const reading = readText(body);
    expect(fields(reading)).toEqual(['body']);
    expect(reading).toMatchObject({ conversationId: null, messageId: null });
  });
});

describe('required fields', () => {
  it('must be there, and null is absent', () => {
    expect(fields(readText('{}'))).toEqual(['conversation_id', 'message_id', 'create_time']);
    expect(fields(read({ conversation_id: null, message_id: null, create_time: null }))).toEqual([
      'conversation_id',
      'message_id',
      'create_time',
    ]);
  });

  it.each([
    ['a'],
    ['a'.repeat(256)],
    ['\u{1F600}'.repeat(256)],
    ['a b/ü'],
    ['constructor'],
    ['__proto__'],
    ['\uFFFD'],
  ])('take the id %j', (id) => {
    expect(message(read({ message_id: id, conversation_id: id }))).toMatchObject({
      messageId: id,
      conversationId: id,
    });
  });

  it.each([
    [''],
    ['a'.repeat(257)],
    ['\u{1F600}'.repeat(257)],
    ['a\0b'],
    ['a\ud800'],
    [5],
    [true],
    [['a']],
    [{}],
  ])('refuse the id %j', (id) => {
    expect(fields(read({ message_id: id }))).toEqual(['message_id']);
    expect(fields(read({ conversation_id: id }))).toEqual(['conversation_id']);
  });

  it('refuse an id that decoding would blur with another', () => {
    const body = Buffer.from(JSON.stringify({ ...VALID, message_id: 'm\xff' }), 'latin1');
    expect(readDelivery(body, NOW)).toEqual({
      kind: 'refused',
      problems: [{ field: 'message_id', problem: 'must be valid UTF-8' }],
      conversationId: 'c',
      messageId: null,
    });
  });

  it('take whole ids from a body whose text is not UTF-8', () => {
    const body = Buffer.from(JSON.stringify({ ...VALID, text: 'a\xff' }), 'latin1');
    expect(message(readDelivery(body, NOW)).text).toBe('a\uFFFD');
  });

  it('leave the ids in a refusal as far as they can be read', () => {
    expect(read({ create_time: 'soon' })).toMatchObject({ conversationId: 'c', messageId: 'm' });
    expect(read({ message_id: '' })).toMatchObject({ conversationId: 'c', messageId: null });
  });
});

describe('create_time', () => {
  const time = (json: string) =>
    message(readText(`{"conversation_id":"c","message_id":"m","create_time":${json}}`));
  const refused = (json: string) =>
    fields(readText(`{"conversation_id":"c","message_id":"m","create_time":${json}}`));

  it.each([
    '1758900123',
    '1758900123.0',
    '"1758900123"',
    '1.758900123e9',
    '1758900123000',
    '"1758900123000"',
    '17589001230e-1',
  ])('reads %s', (json) => expect(time(json).createTime).toEqual(new Date('2025-09-26T15:22:03.000Z')));

  it('keeps milliseconds', () => {
    expect(time('1758900119250').createTime).toEqual(new Date('2025-09-26T15:21:59.250Z'));
  });

  it('goes from 2000-01-01 up to two days after the delivery, both included', () => {
    const last = NOW.getTime() + 2 * 86_400_000;
    expect(time('946684800').createTime).toEqual(new Date('2000-01-01T00:00:00.000Z'));
    expect(time(`${last}`).createTime).toEqual(new Date(last));
    expect(refused('946684799')).toEqual(['create_time']);
    expect(refused('946684799999')).toEqual(['create_time']);
    expect(refused(`${last + 1}`)).toEqual(['create_time']);
    expect(refused(`${last / 1000 + 1}`)).toEqual(['create_time']);
  });

  it.each([
    '0',
    '-1758900123',
    '1758900123.5',
    '""',
    '" 1758900123"',
    '"+1758900123"',
    '"0x68d6b1db"',
    '"soon"',
    'true',
    '{}',
    '[1758900123]',
    '1e999999999',
    '1e400',
    `${'9'.repeat(100_000)}`,
  ])('refuses %s', (json) => expect(refused(json)).toEqual(['create_time']));
});

describe('message_type', () => {
  it('is ANSWER where it is absent', () => {
    expect(message(read({})).messageType).toBe('ANSWER');
    expect(message(read({ message_type: null })).messageType).toBe('ANSWER');
    expect(message(read({ message_type: 'QUESTION' })).messageType).toBe('QUESTION');
  });

  it.each(['answer', '', 'SHOUT', 5, ['ANSWER']])('refuses %j', (message_type) => {
    expect(read({ message_type })).toMatchObject({
      problems: [{ field: 'message_type', problem: 'must be ANSWER or QUESTION' }],
    });
  });
});

describe('containers of the wrong kind', () => {
  it.each<[object, string]>([
    [{ output: 'x' }, 'output'],
    [{ output: {} }, 'output'],
    [{ output: [[]] }, 'output[0]'],
    [{ flow_output: ['x'] }, 'output[0]'],
    [{ flow_output: [{ content: 'a' }, 5] }, 'output[1]'],
    [{ flow_output: [{ content: 5 }] }, 'output[0].content'],
    [{ content: ['a'] }, 'output[0].content'],
    [{ content: { text: 5 } }, 'output[0].content.text'],
    [{ output: [{ branch: 1 }] }, 'output[0].from_component_branch'],
    [{ output: [{ from_component_name: {} }] }, 'output[0].from_component_name'],
    [{ content: { audio: {} } }, 'output[0].content.audio'],
    [{ content: { audioDatas: ['x'] } }, 'output[0].content.audio[0]'],
    [{ content: { audioDatas: [{}, { url: 5 }] } }, 'output[0].content.audio[1].audio'],
    [{ content: { audio: [{ transcript: [] }] } }, 'output[0].content.audio[0].transcript'],
    [{ text: ['a'] }, 'text'],
    [{ usage: [] }, 'usage'],
    [{ usage: 'x' }, 'usage'],
    [{ usage: { tokens: [] } }, 'usage.tokens'],
    [{ usage: { output: [{}, {}] } }, 'usage.tokens'],
    [{ usage: { tokens: { prompt_tokens_details: [] } } }, 'usage.tokens.prompt_tokens_details'],
    [{ usage: { credits: 5 } }, 'usage.credits'],
    [{ credits: [] }, 'usage.credits'],
    [{ usage: { total_tokens: 'x' } }, 'usage.tokens.total_tokens'],
    [{ usage: { credits: { text_output__credits: -1 } } }, 'usage.credits.text_output_credits'],
  ])('are refused with the documented path: %j', (sent, field) => {
    expect(fields(read(sent))).toEqual([field]);
  });

  it.each(['output', 'usage', 'content', 'credits'])('are refused where %s is a long number', (key) => {
    expect(readWith(`"${key}":12345678901234567890`).kind).toBe('refused');
  });

  it('names every problem, up to twenty', () => {
    const reading = read({
      text: 5,
      message_type: 'x',
      usage: { tokens: { total_tokens: -1 } },
      output: [5, { content: 5 }],
    });
    expect(fields(reading)).toEqual([
      'message_type',
      'text',
      'output[0]',
      'output[1].content',
      'usage.tokens.total_tokens',
    ]);
    expect(fields(read({ output: Array(1000).fill(5) }))).toHaveLength(20);
  });
});

describe('pieces and entries of audio', () => {
  const pieces = (count: number, audio: number) =>
    `"output":[${Array(count).fill(`{"content":{"audio":[${Array(audio).fill('{}')}]}}`)}]`;

  it('are taken up to 20,000 in all', () => {
    expect(message(readWith(pieces(5_000, 3))).output).toHaveLength(5_000);
    expect(message(readWith(`"output":[${'null,'.repeat(20_001)}{}]`)).output).toHaveLength(1);
  });

  it.each([
    ['pieces', pieces(20_001, 0)],
    ['pieces under their other name', pieces(20_001, 0).replace('output', 'flow_output')],
    ['entries of audio in one piece', pieces(1, 20_000)],
    ['entries of audio in many', pieces(5_000, 4)],
    ['entries of audio under their other name', pieces(1, 20_000).replace('audio', 'audioDatas')],
    ['entries of audio in the piece that lies flat', `"content":{"audio":[${Array(20_000).fill('{}')}]}`],
  ])('are refused where there are more: %s', (_what, json) => {
    expect(readWith(json)).toEqual({
      kind: 'refused',
      problems: [{ field: 'output', problem: 'must have at most 20000 pieces and entries of audio in all' }],
      conversationId: VALID.conversation_id,
      messageId: VALID.message_id,
    });
  });
});

describe('texts', () => {
  it('lose nothing but NUL and lone surrogates, which become U+FFFD in every string that is kept', () => {
    const bad = 'a\0b\ud800c';
    const good = 'a\uFFFDb\uFFFDc';
    const sent = {
      text: bad,
      output: [
        {
          from_component_name: bad,
          branch: bad,
          content: {
            text: bad,
            audio: [{ url: bad, transcript: bad, [bad]: bad }],
            image: [{ [bad]: [bad] }],
            [bad]: 1,
          },
        },
      ],
    };
    expect(message(read(sent))).toMatchObject({
      text: good,
      output: [
        {
          componentName: good,
          branch: good,
          text: good,
          audio: [{ audio: good, transcript: good, [good]: good }],
          more: { image: [{ [good]: [good] }], [good]: 1 },
        },
      ],
    });
  });

  it('are empty where they were sent empty, and null where they were not sent', () => {
    expect(message(read({ text: '', content: { text: '' } }))).toMatchObject({
      text: '',
      output: [{ text: '' }],
    });
    expect(message(read({ content: {} }))).toMatchObject({
      text: null,
      output: [{ text: null, audio: [], more: {} }],
    });
  });

  it('keep numbers of further kinds to the last digit', () => {
    const { output } = message(
      readWith(
        '"content":{"audio":[{"url":"u","seconds":1.00000000000000000001}],"image":[12345678901234567890]}',
      ),
    );
    expect(stringify(output[0]?.more)).toBe('{"image":[12345678901234567890]}');
    expect(stringify(output[0]?.audio)).toBe(
      '[{"seconds":1.00000000000000000001,"audio":"u","transcript":null}]',
    );
  });
});
