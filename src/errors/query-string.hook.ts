import type { FastifyInstance } from 'fastify';
import { isWebhook } from './error.filter.js';
import { type FieldProblem, Problem } from './problem.js';
import { badParameters } from './strict.pipe.js';

/**
 * Refuses a query whose escapes are broken or that gives a parameter twice: Fastify's parser would keep the one as it
 * stands and make a list of the other, and an answer to something nobody asked would follow. The webhook is spared,
 * since its sender may add to an address what it likes.
 */
export function registerQueryStringCheck(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', async (request) => {
    const mark = request.url.indexOf('?');
    if (mark < 0 || request.is404 || isWebhook(request)) return;
    if (!isDecodable(request.url.slice(mark + 1))) {
      throw new Problem(400, 'The query of this address has a % that does not begin an escape of UTF-8.', [
        { field: '', problem: 'must have every % written as %25' },
      ]);
    }
    const problems = Object.entries(request.query as Record<string, unknown>).flatMap(
      ([field, value]): FieldProblem[] => {
        if (Array.isArray(value)) return [{ field, problem: 'must be given once' }];
        // The validator does not see names that every object has.
        return field in Object.prototype ? [{ field, problem: 'is not known here' }] : [];
      },
    );
    if (problems.length > 0) throw badParameters(problems);
  });
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
