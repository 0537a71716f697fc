import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { judgeFirstLine, kindOfLine } from '../../src/webhook/import/file-kind.js';
import { readLine } from '../../src/webhook/import/read-line.js';
import { judge } from './judge-file.js';

const ofText = (text: string) => judge(Buffer.from(text));
const MARK = '\uFEFF';

const BODY = { conversation_id: 'c', message_id: 'm', create_time: 1_758_900_000 };
const DELIVERY = {
  agent: 'default',
  delivery_id: '01998000-0000-7000-8000-000000000000',
  received_at: '2025-09-26T15:22:03.000Z',
  outcome: 'stored',
  quarantine: null,
  conversation_id: 'c',
  message_id: 'm',
  sha256: '00',
};
const MESSAGE = { agent: 'a', ...BODY, received_at: '2025-09-26T15:22:03.000Z', revision: 1 };

const utf32 = (text: string): Buffer => {
  const bytes = Buffer.alloc(4 * text.length);
  [...text].forEach((character, at) => {
    bytes.writeUInt32LE(character.codePointAt(0)!, 4 * at);
  });
  return bytes;
};

describe('the kind of a file', () => {
  const line = (value: object) => `${JSON.stringify(value)}\n`;
  it.each([
    ['bodies', line(BODY), 'bodies'],
    [
      'a body of members that nobody knows',
      line({ ...BODY, received_at: 1, sha256: 'x', agent: 7 }),
      'bodies',
    ],
    ['a body that names its members inside', line({ ...BODY, output: [{ position: 1 }] }), 'bodies'],
    ['a body that would be refused', '{}\n', 'bodies'],
    ['a probe', '{"istest":true}', 'bodies'],
    ['no line break at its end', line(BODY).trimEnd(), 'bodies'],
    ['blanks before it', `  \r\n\n \t${line(BODY)}`, 'bodies'],
    ['marks and blank lines before it', `${MARK}\r\n${MARK}${line(BODY)}`, 'bodies'],
    ['a body nested too deep to be stored', `{"a":${'['.repeat(500)}${']'.repeat(500)}}\n`, 'bodies'],
    ['an export of deliveries', line({ ...DELIVERY, body: '{' }), 'deliveries'],
    ['one that begins with bytes', line({ ...DELIVERY, body_base64: 'AA==' }), 'deliveries'],
    ['one that begins with what was erased', line({ ...DELIVERY, body: null }), 'deliveries'],
    ['one that says its origin', line({ ...DELIVERY, body: '{}', origin: 'webhook' }), 'deliveries'],
    ['a mark and CRLF', `${MARK}${JSON.stringify({ ...DELIVERY, body: '{}' })}${MARK}\r\n`, 'deliveries'],
  ])('is found: %s', (_, text, kind) => expect(ofText(text)).toEqual({ kind }));

  const csv = 'agent,delivery_id,received_at,body\r\ndefault,1,2,"{""a"":1}"\r\n';
  it.each<[string, Buffer | string, RegExp]>([
    ['nothing', '', /^is empty/],
    ['a mark alone', MARK, /^is empty/],
    ['blank lines', ' \r\n\n\t\n', /^is empty/],
    ['gzip', gzipSync(line(BODY)), /gzip.* gunzip/],
    ['a backup', gzipSync('{"format":"convoledger-backup","version":1}\n'), /backup.* npm run restore/],
    ['a backup unpacked', '{"format":"convoledger-backup","version":1}\n', /backup.* npm run restore/],
    ['a damaged gzip', Buffer.from([0x1f, 0x8b, 1, 2, 3]), /gzip/],
    ['zstd', Buffer.from('\x28\xb5\x2f\xfd\0\x01', 'latin1'), /zstd/],
    ['zip', Buffer.from('PK\x03\x04\0\0', 'latin1'), /zip/],
    ['UTF-16', Buffer.from(`${MARK}${line(BODY)}`, 'utf16le'), /UTF-16.*iconv -f UTF-16 -t UTF-8/],
    ['UTF-16, no mark', Buffer.from(line(BODY), 'utf16le'), /UTF-16/],
    ['UTF-16, big-endian', Buffer.from(`${MARK}${line(BODY)}`, 'utf16le').swap16(), /UTF-16/],
    ['UTF-16, big-endian, no mark', Buffer.from(line(BODY), 'utf16le').swap16(), /UTF-16/],
    ['UTF-32', utf32(MARK + line(BODY)), /UTF-32/],
    ['UTF-32, no mark', utf32(line(BODY)), /UTF-32/],
    ['UTF-32, big-endian', utf32(line(BODY)).swap32(), /UTF-32/],
    ['bytes', Buffer.from('\x7fELF\x02\x01\x01\0\0\0', 'latin1'), /no text/],
    ['bytes without zeros', Buffer.from([0xfe, 0xe1, 0x80, 0x9f]), /does not begin with a JSON object/],
    ['an array', `[${line(BODY).trim()}]\n`, /array.* jq -c/],
    ['an array over lines', `${MARK}[\n  ${line(BODY)}]\n`, /array/],
    ['an object over lines', `{\n  "a": 1\n}\n`, /several lines.* jq -c/],
    ['a transcript', '{"agent":"a","conversation_id":"c","messages":[\n{}\n]}\n', /several lines/],
    ['a CSV', csv, /CSV.* kind=deliveries and format=ndjson/],
    ['a CSV with a mark', MARK + csv, /CSV/],
    ['a CSV with semicolons', csv.replaceAll(',', ';'), /CSV/],
    ['a CSV with tabs and quotes', '"agent"\t"message_id"\r\n"a"\t"b"\r\n', /CSV/],
    ['Markdown', '# Conversation `c`\n', /does not begin with a JSON object/],
    ['a text', '"text"\n', /does not begin with a JSON object/],
    ['SQL', '--\n-- PostgreSQL database dump\n--\n', /does not begin with a JSON object/],
    ['broken JSON', '{"a":1}}\n{"a":1}\n', /not whole JSON/],
    ['two objects in a line', '{"a":1}{"a":1}\n', /not whole JSON/],
    ['one line that is cut', line(BODY).slice(0, 20), /one line, and that is cut short/],
    ['messages', line(MESSAGE), /export of messages.* kind=deliveries/],
    ['messages with an origin', line({ ...BODY, origin: 'webhook' }), /export of messages/],
    ['entries', line({ entry_id: '1', kind: 'usage', ...BODY, delivery_id: 'x' }), /export of entries/],
    ['changes', line({ agent: 'a', position: '1', kind: 'stored', message: MESSAGE }), /changes/],
    ['a list of deliveries', line(DELIVERY), /without their bodies/],
    ['an answer', line({ data: [MESSAGE], next_cursor: null }), /answer of the API/],
  ])('refuses %s', (_, file, sentence) => {
    expect(judge(Buffer.from(file as Buffer))).toEqual({ refusal: expect.stringMatching(sentence) });
  });

  it('refuses a first line that is longer than may be read', () => {
    expect(judgeFirstLine(null, true)).toEqual({ refusal: expect.stringContaining('too long') });
  });
});

describe('any bytes', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(
        fc.constantFrom('{', '[', MARK, '\x1f\x8b', 'PK\x03\x04', '{"a":', '\n', '{}\n'),
        fc.uint8Array({ maxLength: 40 }),
      )
      .map(([start, rest]) => Buffer.concat([Buffer.from(start), rest])),
    fc.json().map((text) => Buffer.from(text)),
  );

  it('are judged, and read as a line, without an exception', () => {
    fc.assert(
      fc.property(bytes, fc.boolean(), (given, isEnded) => {
        const file = Buffer.from(given);
        const judged = judge(file);
        if ('refusal' in judged) expect(judged.refusal).toMatch(/^[a-z][^\n]+[^.]$/);
        for (const kind of ['deliveries', 'bodies'] as const)
          expect(readLine({ bytes: file, size: file.length, isEnded }, kind)).toBeInstanceOf(Object);
      }),
      { numRuns: 3_000 },
    );
  });
});

/** What may stand around a line and is no part of it. */
const around = fc.record({
  before: fc.constantFrom('', MARK, '\n', '\r\n', `${MARK}\r\n${MARK}`),
  after: fc.constantFrom('\n', '\r\n', '', MARK, `${MARK}\r\n`),
});

describe('a body', () => {
  const NOT_IN_BODIES = ['entry_id', 'position', 'origin', 'delivery_id'];
  const body = fc
    .dictionary(
      fc.oneof(fc.string(), fc.constantFrom(...Object.keys(MESSAGE), 'data', 'sha256', 'body', 'usage')),
      fc.jsonValue(),
    )
    .filter((value) => NOT_IN_BODIES.every((name) => !Object.hasOwn(value, name)))
    // As these only exports and answers are.
    .filter((value) => !(typeof value.agent === 'string' && typeof value.revision === 'number'));

  it('is taken for one, whatever else it has, and is what stands in its line', () => {
    fc.assert(
      fc.property(body, around, (value, { before, after }) => {
        const text = JSON.stringify(value);
        expect(ofText(before + text + after)).toEqual({ kind: 'bodies' });
        const bytes = Buffer.from(`${MARK}${text}${MARK}\r`);
        expect(readLine({ bytes, size: 0, isEnded: true }, 'bodies')).toEqual({
          body: Buffer.from(text),
          agent: null,
          receivedAt: null,
          id: null,
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it('with any of the members that only exports have is none', () => {
    fc.assert(
      fc.property(body, fc.constantFrom(...NOT_IN_BODIES), fc.jsonValue(), (value, name, given) => {
        expect(kindOfLine({ ...value, [name]: given })).not.toBe('body');
      }),
    );
  });
});

describe('a delivery of an export', () => {
  it('is taken for one, and its body is what arrived, byte for byte', () => {
    const body = fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array());
    fc.assert(
      fc.property(body, around, (given, { before, after }) => {
        const shown =
          typeof given === 'string'
            ? { body: given }
            : { body_base64: Buffer.from(given).toString('base64') };
        const received_at = new Date(0x019980000000).toISOString();
        const text = JSON.stringify({ ...DELIVERY, received_at, ...shown });
        expect(ofText(before + text + after)).toEqual({ kind: 'deliveries' });
        const line = readLine({ bytes: Buffer.from(text), size: 0, isEnded: true }, 'deliveries');
        expect(line).toMatchObject({ body: Buffer.from(given as string), agent: 'default' });
      }),
    );
  });
});
