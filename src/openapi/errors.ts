import type { OpenAPIObject } from '@nestjs/swagger';

type ResponsesObject = NonNullable<OpenAPIObject['paths'][string]['get']>['responses'];

const FIELD_PROBLEMS = {
  type: 'array',
  items: {
    type: 'object',
    required: ['field', 'problem'],
    properties: {
      field: { type: 'string', description: 'Empty where no single field is to blame.' },
      problem: { type: 'string' },
    },
  },
};

/** The two shapes of errors: RFC 9457, and what the sender documents for its own answers. */
export const ERROR_SCHEMAS = {
  Problem: {
    type: 'object',
    description: 'RFC 9457. Further members may come with some problems.',
    required: ['type', 'title', 'status', 'detail', 'errors'],
    properties: {
      type: { type: 'string', format: 'uri-reference' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string', description: 'A sentence for people.' },
      errors: FIELD_PROBLEMS,
    },
    examples: [
      {
        type: 'about:blank',
        title: 'Bad Request',
        status: 400,
        detail: 'limit must be a whole number from 1 to 200.',
        errors: [{ field: 'limit', problem: 'must be a whole number from 1 to 200' }],
      },
    ],
  },
  WebhookError: {
    type: 'object',
    required: ['code', 'msg', 'errors'],
    properties: {
      code: { type: 'integer', description: 'The status.' },
      msg: { type: 'string' },
      errors: FIELD_PROBLEMS,
      delivery_id: {
        type: 'string',
        format: 'uuid',
        description: 'Of a refused body: where its bytes are kept in quarantine.',
      },
    },
    examples: [
      {
        code: 400,
        msg: 'The delivery could not be read. Its bytes are kept in quarantine.',
        delivery_id: '019a2f4e-7c00-7000-8000-5d1f0c6b7a10',
        errors: [{ field: 'create_time', problem: 'must be present' }],
      },
    ],
  },
};

const SENTENCES: Record<number, string> = {
  400: 'A parameter that is unknown or has a value it cannot have.',
  401: 'The token is missing, unknown, expired or revoked.',
  403: 'The key lacks the scope, or asks about another agent than its own.',
  404: 'There is none of this id that the key may see.',
  413: 'The body is larger than BODY_LIMIT.',
  414: 'The address is longer than 14,000 characters.',
  415: 'The body is declared as something other than JSON, or comes with a Content-Encoding.',
  429: 'Too many failed authentications from this address. A valid token is never limited.',
  503: 'Not now: ask or send again after `Retry-After` seconds. Nothing was lost.',
};
const WEBHOOK_SENTENCES: Record<number, string> = {
  ...SENTENCES,
  400: 'The body was not understood; its bytes are kept in quarantine.',
};

const response = (description: string, type: string, schema: string) => ({
  description,
  content: { [type]: { schema: { $ref: `#/components/schemas/${schema}` } } },
});

/** The error answers that a route can give, by what kind of route it is. */
export function errorResponses(lane: 'webhook' | 'v1', statuses: number[]): ResponsesObject {
  return Object.fromEntries(
    statuses.map((status) => [
      String(status),
      lane === 'webhook'
        ? response(WEBHOOK_SENTENCES[status] ?? '', 'application/json', 'WebhookError')
        : response(SENTENCES[status] ?? '', 'application/problem+json', 'Problem'),
    ]),
  );
}
