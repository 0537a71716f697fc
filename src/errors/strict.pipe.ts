import { type ArgumentMetadata, type PipeTransform, ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { type FieldProblem, Problem } from './problem.js';

/** Refuses names such as `constructor`, which every object has and the transformer therefore passes over in silence. */
class StrictPipe extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'body' && (typeof value !== 'object' || value === null || Array.isArray(value)))
      throw new Problem(400, 'The body is not a JSON object.', [
        { field: 'body', problem: 'must be a JSON object' },
      ]);
    const names = typeof value === 'object' && value !== null ? Object.keys(value) : [];
    const inherited = names.filter((name) => name in Object.prototype);
    if (inherited.length > 0)
      throw badParameters(inherited.map((field) => ({ field, problem: 'is not known here' })));
    return super.transform(value, metadata);
  }
}

/**
 * For parameters and bodies of the query and administration lanes. Strict, where the webhook lane is tolerant: a
 * parameter that nobody knows is an error, not a wish.
 */
export const strict = () =>
  new StrictPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    exceptionFactory: (errors) => badParameters(errors.map(asFieldProblem)),
  });

/** For the query of a route that has no parameters. A class without members would not do: the validator refuses to judge it. */
export const noParameters: PipeTransform<object, object> = {
  transform(query) {
    const errors = Object.keys(query).map((field) => ({ field, problem: 'is not known here' }));
    if (errors.length > 0) throw badParameters(errors);
    return query;
  },
};

/** One 400 for everything that is wrong with what was asked. */
export function badParameters(errors: FieldProblem[]): Problem {
  return new Problem(
    400,
    errors
      .map(({ field, problem }) => `${field} ${problem}`)
      .join('; ')
      .concat('.'),
    errors,
  );
}

function asFieldProblem({ property, constraints = {} }: ValidationError): FieldProblem {
  if (constraints.whitelistValidation) return { field: property, problem: 'is not known here' };
  const [first = 'has a value it cannot have'] = Object.values(constraints);
  return { field: property, problem: first.replace(new RegExp(`^${property} `), '') };
}
