import { attachment, nameOfId, nameOfRange } from '../../src/query/file-name.js';
import { readListRange } from '../../src/query/time/range.js';

describe('the name of a download', () => {
  const range = (asked: object) => nameOfRange(readListRange(asked, 'Europe/Berlin'));

  it('is made of its parts', () => {
    expect(attachment(['usage', 'all', '2026-10-01_2026-11-01', 'Europe/Berlin'], 'csv')).toBe(
      'attachment; filename="usage_all_2026-10-01_2026-11-01_Europe-Berlin.csv"',
    );
    expect(attachment(['messages', 'default', 'all-time', 'Etc/GMT+2'], 'ndjson')).toBe(
      'attachment; filename="messages_default_all-time_Etc-GMT+2.ndjson"',
    );
  });

  it.each([
    [{}, 'all-time'],
    [{ period: '2026-10' }, '2026-10-01_2026-11-01'],
    [{ from: '2026-10-01' }, 'from-2026-10-01'],
    [{ to: '2026-10-01' }, 'until-2026-10-01'],
    [{ from: '2026-10-25', to: '2026-10-26' }, '2026-10-25_2026-10-26'],
    // By the clocks of the zone, whatever offset was asked with.
    [{ from: '2026-09-30T22:00:00Z', to: '2026-10-31T23:00:00Z' }, '2026-10-01_2026-11-01'],
    [
      { from: '2026-10-01T00:00:00Z', to: '2026-10-01T10:30:15.250Z' },
      '2026-10-01T020000_2026-10-01T123015.250',
    ],
    // Clocks skip midnight there, and the date begins at one.
    [{ period: '2026-03', tz: 'America/Havana' }, '2026-03-01_2026-04-01'],
    [{ from: '2026-03-08', to: '2026-03-09', tz: 'America/Havana' }, '2026-03-08_2026-03-09'],
    [{ from: '2011-12-30', to: '2012-01-01', tz: 'Pacific/Apia' }, '2011-12-31_2012-01-01'],
    [{ from: '0001-01-02', to: '9999-12-31', tz: 'UTC' }, '0001-01-02_9999-12-31'],
  ])('says of the range %j that it is %s', (asked, name) => {
    expect(range(asked)).toBe(name);
  });

  it('keeps an id as it is, where a file name may hold it', () => {
    expect(nameOfId('6911aa00-bb_c.D')).toBe('6911aa00-bb_c.D');
  });

  it.each([
    'a"; filename="b.exe',
    'a\r\nset-cookie: x=y',
    '../../etc/passwd',
    'a\\b/c:d*e?f|g<h>i',
    'é你好😀',
    '\u202egnp.exe',
    ' ',
    'x'.repeat(256),
    '%00%0d%0a',
  ])('makes the id %j safe, and tells it from others', (id) => {
    const name = nameOfId(id);
    expect(name).toMatch(/^[A-Za-z0-9.+_-]{1,90}-[0-9a-f]{8}$/);
    expect(nameOfId(`${id}.`)).not.toBe(name);
    expect(attachment(['transcript', 'default', name], 'md')).toMatch(
      /^attachment; filename="[A-Za-z0-9.+_-]+"$/,
    );
  });
});
