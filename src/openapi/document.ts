import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { ERROR_SCHEMAS, errorResponses } from './errors.js';
import { headersOf, RECORDED_BY_PARAMETER } from './headers.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & { 'x-scope'?: string };
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

const DESCRIPTION = `Convoledger receives the webhook deliveries of AltaBots agents, keeps every message, and answers
who said what and what it cost.

Lists are \`{"data": […], "next_cursor": "…" or null}\`. Ranges of time are half-open. What was never reported is
\`null\`, which is not zero. Credits and money are decimal strings, because they are exact; token counts are integers that
may exceed 2^53 in sums. HEAD works wherever GET does.`;

const SUCCESSES: Record<string, string> = {
  200: 'What was asked for.',
  201: 'It is made. `Location` leads to it.',
  204: 'It is done.',
};

/** The OpenAPI 3.1 document of every route, made from the controllers, their rules and their answers. */
export function describeApi(app: NestFastifyApplication): OpenAPIObject {
  const about = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Convoledger')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setLicense('MIT', 'https://spdx.org/licenses/MIT.html')
    .addServer('/')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'The token of a key.' })
    .addBasicAuth({
      type: 'http',
      scheme: 'basic',
      description:
        'The token of a key as the password (any user name), as the user name, or plain after "Basic".',
    })
    .build();
  const document = SwaggerModule.createDocument(app, about, {
    operationIdFactory: (controller, method) =>
      `${controller.replace(/Controller$/, '').replace(/^./, (first) => first.toLowerCase())}_${method}`,
  });
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation) complete(operation, path);
    }
  }
  const schemas = { ...closed(document.components?.schemas ?? {}), ...ERROR_SCHEMAS };
  return { ...document, components: { ...document.components, schemas } } as OpenAPIObject;
}

/** What the sender has not described is handed on as it was sent. */
const OPEN = ['Content', 'Audio'];

/** Answers have no other members than these, and bodies must not have any. */
const closed = (schemas: Record<string, object>) =>
  Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [
      name,
      'properties' in schema && !('additionalProperties' in schema) && !OPEN.includes(name)
        ? { ...schema, additionalProperties: false }
        : schema,
    ]),
  );

/** Says what holds for every route of its kind, so that no controller has to. */
function complete(operation: Operation, path: string): void {
  const lane = path.startsWith('/webhook') ? 'webhook' : 'v1';
  const statuses = statusesOf(operation, path, lane);
  for (const [status, response] of Object.entries(operation.responses)) {
    if (response && 'description' in response) response.description ||= SUCCESSES[status] ?? '';
  }
  const errors = errorResponses(lane, [...statuses, ...failuresOf(operation)]);
  const own = Object.entries(operation.responses).map(([status, response]) => [
    status,
    { ...errors[status], ...response },
  ]);
  operation.responses = { ...errors, ...Object.fromEntries(own) };
  for (const [status, response] of Object.entries(operation.responses)) {
    const headers = headersOf(Number(status), path);
    if (response && 'description' in response && Object.keys(headers).length > 0)
      response.headers = { ...headers, ...response.headers };
  }
  operation.parameters = [
    ...undeclared(path, operation.parameters ?? []),
    ...(operation.parameters ?? []),
    ...(path.startsWith('/v1/') ? [RECORDED_BY_PARAMETER] : []),
  ];
  const scope = operation['x-scope'];
  if (scope && scope !== 'anyone') {
    const needed =
      scope === 'read-or-local'
        ? 'read` of a key for all agents, unless asked on the same machine'
        : `${scope}\``;
    operation.description = [operation.description, `Needs the scope \`${needed}.`].filter(Boolean).join(' ');
  }
  if (scope === 'anyone') operation.security = [];
  // A method with two addresses gets a number in brackets, which is no name in most languages.
  operation.operationId = operation.operationId?.replace(/\[\d+\]$/, '');
  if (path === '/webhook/{token}') {
    operation.security = [{}];
    operation.operationId = `${operation.operationId}WithTokenInPath`;
  }
}

/** What a controller says that its route refuses, in words of its own. */
const failuresOf = ({ responses }: Operation): number[] =>
  Object.keys(responses)
    .map(Number)
    .filter((status) => status >= 400);

/** What every route of its kind may refuse. */
function statusesOf(operation: Operation, path: string, lane: 'webhook' | 'v1'): number[] {
  if (operation['x-scope'] === 'anyone') return path.startsWith('/health/ready') ? [503] : [];
  if (lane === 'webhook') return [400, 401, 403, 413, 414, 415, 503];
  return [
    // Whoever scrapes metrics may add parameters.
    ...(path === '/metrics' ? [] : [400]),
    401,
    403,
    ...(path.includes('{') ? [404] : []),
    ...(operation.requestBody ? [413] : []),
    414,
    ...(operation.requestBody ? [415] : []),
    429,
    503,
  ];
}

type Parameters = NonNullable<Operation['parameters']>;

/** Parts of the path that no handler asks for by name, as the token that the access hook reads. */
function undeclared(path: string, parameters: Parameters): Parameters {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  return names
    .filter((name) => !parameters.some((parameter) => 'in' in parameter && parameter.name === name))
    .map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
}
