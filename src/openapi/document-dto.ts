import 'reflect-metadata';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { getMetadataStorage } from 'class-validator';
import { PARAMETERS } from './parameters.js';

interface Rule {
  name?: string | undefined;
  type: string;
  propertyName: string;
  constraints?: unknown[] | undefined;
  message?: unknown;
  each?: boolean | undefined;
}

const documented = new WeakSet<object>();

/**
 * Describes a class of parameters, or of a body, from the rules by which it is judged, so that the document cannot say
 * anything else and a new parameter needs nothing but its rules. A property that is described by hand stays as it is.
 */
export function documentDto(dto: new () => object): void {
  if (documented.has(dto)) return;
  documented.add(dto);
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false) as Rule[];
  const byHand = (Reflect.getMetadata('swagger/apiModelPropertiesArray', dto.prototype) ?? []) as string[];
  for (const property of new Set(rules.map(({ propertyName }) => propertyName))) {
    if (byHand.includes(`:${property}`)) continue;
    const own = rules.filter(({ propertyName }) => propertyName === property);
    const value: unknown = (new dto() as Record<string, unknown>)[property];
    ApiProperty({
      ...schemaOf(own),
      description: descriptionOf(own),
      required: !own.some(isOptional),
      ...(value === undefined || typeof value === 'object' ? {} : { default: value }),
      ...PARAMETERS[property],
    } as ApiPropertyOptions)(dto.prototype, property);
  }
}

const isOptional = ({ type }: Rule) => type === 'conditionalValidation';

function schemaOf(rules: Rule[]): object {
  const items = rules.filter(({ each }) => each);
  if (rules.some(({ name }) => name === 'isArray'))
    return { type: 'array', items: { type: 'string', ...partsOf(items) } };
  if (items.length > 0) return { type: 'string', pattern: listOf(items) };
  return { type: 'string', ...partsOf(rules) };
}

/** Several values in one text, with commas between: by this more clients send what is meant than by an array. */
function listOf(items: Rule[]): string {
  const [values] = items.find(({ name }) => name === 'isIn')!.constraints as [string[]];
  const one = `(${values.join('|')})`;
  return `^${one}(,${one})*$`;
}

function partsOf(rules: Rule[]): object {
  return Object.assign({}, ...rules.map(partOf)) as object;
}

function partOf({ name, constraints: [first] = [] }: Rule): object {
  switch (name) {
    case 'isIn':
      return { enum: first };
    case 'matches':
      return { pattern: (first as RegExp).source };
    case 'isInt':
      return { type: 'integer' };
    case 'min':
      return { minimum: first };
    case 'max':
      return { maximum: first };
    case 'isBoolean':
      return { type: 'boolean' };
    case 'isObject':
      return { type: 'object' };
    case 'isUuid':
      return { format: 'uuid' };
    default:
      return {};
  }
}

/** What an answer of 400 would say of it, as a sentence. */
function descriptionOf(rules: Rule[]): string | undefined {
  const message = rules.map((rule) => rule.message).find((text) => typeof text === 'string');
  return message === undefined ? undefined : `${message[0]?.toUpperCase()}${message.slice(1)}.`;
}
