import { dirname } from 'node:path';
import { betweenFolders, circlesOf, importedBy, importsOf } from './imports.js';

/** Folders that still reach each other. This list only gets shorter. */
const FOLDERS_IN_CIRCLES = [
  'src',
  'src/access',
  'src/agents',
  'src/audit',
  'src/console',
  'src/console/web',
  'src/console/web/session',
  'src/database',
  'src/database/embedded',
  'src/edge',
  'src/erasure',
  'src/errors',
  'src/openapi',
  'src/operation',
  'src/paging',
  'src/query',
  'src/query/changes',
  'src/query/entries',
  'src/query/export',
  'src/query/history',
  'src/query/time',
  'src/query/usage',
  'src/recorded-by',
  'src/repair',
  'src/retention',
  'src/statements',
  'src/webhook',
  'src/webhook/quarantine',
];

/** Folders whose files think, and know nothing of the framework. */
const PURE = ['src/ledger', 'src/time', 'src/history'];

describe('the imports of the source', () => {
  const graph = importsOf('src');
  const within = (folder: string) => (file: string) => file.startsWith(`${folder}/`);
  const importsFrom = (from: string, to: string): string[] =>
    [...graph]
      .filter(([file]) => within(from)(file))
      .flatMap(([file, imported]) => [...imported].filter(within(to)).map((one) => `${file} imports ${one}`));

  it('are found', () => {
    expect(graph.size).toBeGreaterThan(200);
    expect(graph.get('src/app.ts')).toContain('src/app.module.ts');
  });

  it('tie no files into a circle', () => {
    expect(circlesOf(graph)).toEqual([]);
  });

  it('tie no folders into a circle', () => {
    expect(circlesOf(betweenFolders(graph)).flat().sort()).toEqual(FOLDERS_IN_CIRCLES);
  });

  it('keep what writes and what reads apart', () => {
    expect([...importsFrom('src/webhook', 'src/query'), ...importsFrom('src/query', 'src/webhook')]).toEqual(
      [],
    );
  });

  it('leave the framework out of what only thinks', () => {
    const files = [...graph.keys()].filter((file) => PURE.includes(dirname(file)));
    expect(files.length).toBeGreaterThan(10);
    const strange = files.flatMap((file) =>
      importedBy(file)
        .filter((name) => /^(@nestjs|fastify|@prisma)/.test(name))
        .map((name) => `${file} imports ${name}`),
    );
    expect(strange).toEqual([]);
  });
});

describe('circles', () => {
  const graph = (edges: Record<string, string[]>) =>
    new Map(Object.entries(edges).map(([from, to]) => [from, new Set(to)]));

  it.each([
    [{ a: ['b'], b: ['c'], c: [] }, []],
    [{ a: ['b'], b: ['a', 'c'], c: [] }, [['a', 'b']]],
    [
      { a: ['b'], b: ['c'], c: ['b'], d: ['a', 'e'], e: ['d'] },
      [
        ['b', 'c'],
        ['d', 'e'],
      ],
    ],
  ])('of %j are %j', (edges, circles) => {
    expect(circlesOf(graph(edges as unknown as Record<string, string[]>))).toEqual(circles);
  });
});
