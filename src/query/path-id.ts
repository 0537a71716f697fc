import type { PipeTransform } from '@nestjs/common';
import { notFound } from '../errors/problem.js';

/** No id is longer. */
const LONGEST = 256;

/** For an id in a path. What no id can be is found nowhere, without asking PostgreSQL, which fails over a NUL. */
export const idOf = (what: string): PipeTransform<string, string> => ({
  transform(id) {
    if (id.includes('\0') || [...id].length > LONGEST) throw notFound(what);
    return id;
  },
});
