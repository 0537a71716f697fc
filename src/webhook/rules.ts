import { ValidateBy } from 'class-validator';
import { credits, epochMilliseconds, isId, tokenCount } from './values.js';

type Constructor = abstract new () => object;

/** The rules of the webhook's fields as decorators. Each message is a sentence that goes after the field's name. */
function rule(name: string, holds: (value: unknown) => boolean, message: string): PropertyDecorator {
  return ValidateBy({ name, validator: { validate: holds, defaultMessage: () => message } });
}

const isAbsent = (value: unknown) => value === undefined;

export const IsId = () =>
  rule('isId', isId, 'is required, as a string of 1 to 256 characters without NUL and lone surrogates');

/** Only the form: whether the moment is plausible depends on when the body arrived. */
export const IsCreateTime = () =>
  rule(
    'isCreateTime',
    (value) => epochMilliseconds(value) !== null,
    'is required, as a time in whole seconds or milliseconds since 1970',
  );

export const IsMessageType = () =>
  rule(
    'isMessageType',
    (value) => isAbsent(value) || value === 'ANSWER' || value === 'QUESTION',
    'must be ANSWER or QUESTION',
  );

export const IsText = () =>
  rule('isText', (value) => isAbsent(value) || typeof value === 'string', 'must be a string');

export const IsTokenCount = () =>
  rule(
    'isTokenCount',
    (value) => isAbsent(value) || tokenCount(value) !== null,
    'must be a whole number from 0 to 9007199254740991',
  );

export const IsCredits = () =>
  rule(
    'isCredits',
    (value) => isAbsent(value) || credits(value) !== null,
    'must be a decimal from 0 to below 10^30 with at most 30 decimal places',
  );

/** What `spell` could not turn into the class was no object. */
export const IsPart = (type: Constructor, message = 'must be an object') =>
  rule('isPart', (value) => isAbsent(value) || value instanceof type, message);

export const IsListOf = (type: Constructor) =>
  rule(
    'isListOf',
    (value) => Array.isArray(value) && value.every((entry) => entry instanceof type),
    'must be an array of objects',
  );
