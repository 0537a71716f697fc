import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Injectable } from '@nestjs/common';

/** Where the build puts the page, seen from the sources and from what they are built to alike. */
const FOLDER = fileURLToPath(new URL('../../dist/console/page/', import.meta.url));

const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface PageFile {
  type: string;
  plain: Buffer;
  /** The same, compressed at the build. */
  brotli: Buffer | null;
}

/** The built page, held in memory: it is less than a megabyte, and no request can name a file that is not in it. */
@Injectable()
export class PageFiles {
  private readonly assets = new Map<string, PageFile>();
  /** Null where the page was not built. */
  readonly index: string | null = null;

  constructor() {
    const index = `${FOLDER}index.html`;
    if (!existsSync(index)) return;
    this.index = readFileSync(index, 'utf8');
    for (const name of readdirSync(`${FOLDER}assets`)) {
      const type = TYPES[extname(name)];
      const path = `${FOLDER}assets/${name}`;
      const brotli = existsSync(`${path}.br`) ? readFileSync(`${path}.br`) : null;
      if (type) this.assets.set(name, { type, plain: readFileSync(path), brotli });
    }
  }

  asset(name: string): PageFile | undefined {
    return this.assets.get(name);
  }
}
