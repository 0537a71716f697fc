import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

/** Which files each file imports; types count too, since they tie files together as well. */
export type Graph = Map<string, Set<string>>;

/** The import graph of the files below a folder, without what is generated. */
export function importsOf(folder: string): Graph {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => /\.tsx?$/.test(file) && !file.includes('/generated/') && !file.endsWith('.d.ts'));
  const known = new Set(files);
  return new Map(files.map((file) => [file, new Set(importedBy(file).filter((one) => known.has(one)))]));
}

/** Files that a file imports, and packages by their names. */
export function importedBy(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
  return importedFiles.map(({ fileName }) =>
    fileName.startsWith('.') ? normalize(join(dirname(file), fileName)).replace(/\.js$/, '.ts') : fileName,
  );
}

/** The same graph between folders. */
export function betweenFolders(graph: Graph): Graph {
  const folders: Graph = new Map();
  for (const [file, imported] of graph) {
    const from = dirname(file);
    if (!folders.has(from)) folders.set(from, new Set());
    for (const one of imported) if (dirname(one) !== from) folders.get(from)!.add(dirname(one));
  }
  return folders;
}

/** Groups that reach each other, by Tarjan's algorithm, each in the order of names. */
export function circlesOf(graph: Graph): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.get(node)!);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node)!, low.get(next)!));
    }
    if (low.get(node) !== index.get(node)) return;
    const circle = stack.splice(stack.indexOf(node));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return circles.sort();
}
