import { HttpException } from '@nestjs/common';

/** What is wrong with one field of what was sent. `field` is empty where no single field is to blame. */
export interface FieldProblem {
  field: string;
  problem: string;
}

/**
 * An answer other than success, as a fact: each lane's error presenter decides how it looks.
 * `detail` is a sentence for a stranger. `headers` go out with it, `extra` joins the body.
 */
export class Problem extends HttpException {
  constructor(
    status: number,
    readonly detail: string,
    readonly errors: FieldProblem[] = [],
    readonly headers: Record<string, string> = {},
    readonly extra: Record<string, unknown> = {},
  ) {
    super(detail, status);
  }
}

export const badRequest = (field: string, problem: string) =>
  new Problem(400, `${field} ${problem}.`, [{ field, problem }]);

export const notFound = (what: string) => new Problem(404, `There is no such ${what}.`);

export const erased = (what: string) => new Problem(410, `This ${what} was erased.`);

/** Seconds after which to send or ask again what was answered 503. */
export const RETRY_AFTER = '1';

export const unavailable = (detail: string) =>
  new Problem(503, `${detail} Nothing was lost if you send or ask again.`, [], {
    'retry-after': RETRY_AFTER,
  });
