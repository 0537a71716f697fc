import { describeDatabase } from '../../src/database/describe-database.js';

describe('a database named for people', () => {
  it.each([
    ['postgresql://ledger:secret@db.example.com/convoledger', 'convoledger at db.example.com:5432'],
    ['postgres://ledger:se%40cret@10.0.0.7:6432/ledger?sslmode=verify-full', 'ledger at 10.0.0.7:6432'],
    ['postgresql://u:secret@[::1]:5433/my%20ledger', 'my ledger at [::1]:5433'],
    ['postgresql://u:secret@localhost/ledger?host=/var/run/postgresql', 'ledger at /var/run/postgresql'],
    ['postgresql://u:secret@%2Fvar%2Frun/ledger', 'ledger at /var/run'],
    ['postgresql://x/ledger?password=secret&user=secret', 'ledger at x:5432'],
    ['/srv/data', 'embedded PostgreSQL in /srv/data'],
  ])('%s', (target, expected) => expect(describeDatabase(target)).toBe(expected));

  it('names a relative folder in full', () => {
    expect(describeDatabase('./data')).toBe(`embedded PostgreSQL in ${process.cwd()}/data`);
  });
});
