import { existsSync, readFileSync } from 'node:fs';
import { FAILURES } from '../../src/access/failed-attempts.js';
import { readConfig } from '../../src/config.js';
import { LEAST_BYTES } from '../../src/database/disk-space.js';
import {
  ADDRESS_LENGTH,
  CONNECTIONS,
  HEADER_BYTES,
  HEADERS_TIMEOUT,
  REQUEST_TIMEOUT,
} from '../../src/edge/limits.js';
import { QUARANTINE_BOUND } from '../../src/webhook/quarantine/room.js';
import { MOST_ENTRIES } from '../../src/webhook/read-delivery.js';

const read = (path: string) => readFileSync(path, 'utf8');
/** Without line breaks, which a sentence may have anywhere. */
const prose = (path: string) => read(path).replace(/\s+/g, ' ');
const grouped = (count: number) => count.toLocaleString('en-US');

const { version, scripts } = JSON.parse(read('package.json')) as {
  version: string;
  scripts: Record<string, string>;
};
const DOCUMENTS = ['README.md', 'OPERATIONS.md', 'SECURITY.md', 'BENCHMARKS.md', 'CHANGELOG.md'];
/** As `config.ts` asks for them. */
const SETTINGS = [...read('src/config.ts').matchAll(/\bread(?:<[^(]*>)?\(\s*'([A-Z_]+)'/g)].map(
  ([, name]) => name!,
);

describe('the settings', () => {
  const rows = read('README.md')
    .split('## Settings')[1]!
    .split('\n## ')[0]!
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const quoted = (cell: string | undefined) =>
    [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, text]) => text!);
  const named = rows.flatMap(([, names]) => quoted(names));

  it('are all in the README, and no others', () => {
    expect(SETTINGS.length).toBeGreaterThan(12);
    expect(named.toSorted()).toEqual(SETTINGS.toSorted());
  });

  it('have the defaults that the README names', () => {
    const config = new Map(Object.entries(readConfig({})));
    const member = (name: string) =>
      name.toLowerCase().replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
    for (const [, names, defaults = ''] of rows) {
      const values = quoted(defaults);
      quoted(names).forEach((name, index) => {
        const value = config.get(member(name));
        // None, no list and no proxy are what people call unset.
        const text =
          [null, false].includes(value as null) || String(value) === '' ? undefined : String(value);
        expect([name, values[index]]).toEqual([name, text]);
        if (text === undefined) expect(defaults).toMatch(/^(unset|made at the first start)/);
      });
    }
  });

  it('reach the container, but for those that it sets itself', () => {
    const compose = read('docker-compose.yml');
    const app = compose.slice(compose.indexOf('\n  app:'));
    const handedOn = SETTINGS.filter((name) => new RegExp(`^ +${name}: \\$\\{${name}:-\\}$`, 'm').test(app));
    expect(SETTINGS.filter((name) => !handedOn.includes(name)).toSorted()).toEqual([
      'DATABASE_URL',
      'DATA_DIR',
      'HOST',
      'PORT',
    ]);
  });

  it('in the file for systemd are ones that there are', () => {
    const names = [...read('ops/convoledger.env').matchAll(/^#?([A-Z_]+)='/gm)].map(([, name]) => name);
    expect(names).toContain('DATABASE_URL');
    for (const name of names) expect(SETTINGS).toContain(name);
  });
});

describe('the limits that documents name', () => {
  it.each([
    ['SECURITY.md', `more than ${FAILURES} wrong ones in a minute`],
    ['SECURITY.md', `${HEADERS_TIMEOUT / 1_000} s for headers, ${REQUEST_TIMEOUT / 1_000} s for a request`],
    ['SECURITY.md', `${HEADER_BYTES / 1_024} KiB of headers (431)`],
    ['SECURITY.md', `${grouped(ADDRESS_LENGTH)} characters of address (414)`],
    ['SECURITY.md', `${grouped(MOST_ENTRIES)} pieces and entries of audio in a body`],
    ['SECURITY.md', `${grouped(CONNECTIONS)} connections`],
    ['README.md', `less than ${LEAST_BYTES / 1024 ** 2} MB of disk space`],
    ['README.md', `(a million deliveries or ${QUARANTINE_BOUND.bytes / 1024 ** 3} GiB of different bytes)`],
    ['OPERATIONS.md', `a million bodies or ${QUARANTINE_BOUND.bytes / 1024 ** 3} GiB waiting`],
    [
      'ops/nginx.conf',
      `Addresses may have ${grouped(ADDRESS_LENGTH)} characters and the headers in all ${HEADER_BYTES / 1_024} KiB`,
    ],
  ])('are those of the code: %s, %s', (path, words) => expect(prose(path)).toContain(words));

  it('call a million what is one', () => expect(QUARANTINE_BOUND.deliveries).toBe(1_000_000));

  it('leave no body to nginx that Convoledger would take', () => {
    const [, megabytes] = /client_max_body_size (\d+)m;/.exec(read('ops/nginx.conf')) ?? [];
    expect(Number(megabytes) * 1024 ** 2).toBeGreaterThan(readConfig({}).bodyLimit);
  });
});

describe('the documents', () => {
  it('name commands that there are', () => {
    // The changelog may name one that a later release renamed.
    const current = DOCUMENTS.filter((path) => path !== 'CHANGELOG.md');
    for (const path of [...current, 'ops/convoledger-backup.service']) {
      for (const [, name] of read(path).matchAll(/\bnpm run (?:-s )?([a-z:]+)/g)) {
        expect(`${path}: ${name! in scripts ? name : `${name} is no command`}`).toBe(`${path}: ${name}`);
      }
    }
  });

  it('link to files and headings that there are', () => {
    const heading = (line: string) =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-');
    for (const path of DOCUMENTS) {
      for (const [, link] of read(path).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
        const [file = '', anchor] = link!.split('#');
        expect([path, link, existsSync(file || path)]).toEqual([path, link, true]);
        if (!anchor) continue;
        const headings = read(file || path)
          .split('\n')
          .filter((line) => line.startsWith('#'))
          .map(heading);
        expect(headings).toContain(anchor);
      }
    }
  });

  it('say of each alert what to do', () => {
    const rules = [...read('ops/alerts.yml').matchAll(/alert: (\w+)/g)].map(([, name]) => name);
    const explained = [...read('OPERATIONS.md').matchAll(/^\| `(Convoledger\w+)`/gm)].map(([, name]) => name);
    expect(explained.toSorted()).toEqual(rules.toSorted());
  });

  it('name the version that this is, and the license', () => {
    expect(/^## \[(\S+)\] - \d{4}-\d\d-\d\d$/m.exec(read('CHANGELOG.md'))?.[1]).toBe(version);
    const lock = JSON.parse(read('package-lock.json'));
    expect([lock.version, lock.packages[''].version]).toEqual([version, version]);
    expect(read('LICENSE')).toMatch(/^MIT License\n\nCopyright \(c\) 2026 The Convoledger authors\n/);
  });
});
