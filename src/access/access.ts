import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBasicAuth, ApiBearerAuth, ApiExtension, ApiSecurity } from '@nestjs/swagger';
import { getMetadataStorage } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../errors/problem.js';
import { documentDto } from '../openapi/document-dto.js';
import type { Key, Scope } from './keys.service.js';

/**
 * What a route asks of its caller: a scope, nothing for the few that must answer anyone, or a scope unless the caller is
 * on this machine.
 */
export type AccessRule = Scope | 'anyone' | 'read-or-local';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: AccessRule;
    /** Set on what only says that an address has no such method. */
    isRefusal?: true;
  }
  interface FastifyRequest {
    /** Set by the access hook on every route that asks for a scope. */
    key: Key | null;
  }
}

/**
 * Declares who may call a route, and has the API's document say so, together with the parameters it takes. A route that
 * declares nothing does not start.
 */
export const Access = (access: AccessRule): MethodDecorator =>
  applyDecorators(
    RouteConfig({ access }),
    ApiExtension('x-scope', access),
    ...(access === 'anyone' ? [] : [ApiBearerAuth(), ApiBasicAuth()]),
    ...(access === 'read-or-local' ? [ApiSecurity({})] : []),
    documentParameters,
  );

const documentParameters: MethodDecorator = (controller, method) => {
  const types: unknown[] = Reflect.getMetadata('design:paramtypes', controller, method) ?? [];
  for (const type of types) if (isDto(type)) documentDto(type);
};

const isDto = (type: unknown): type is new () => object =>
  typeof type === 'function' &&
  getMetadataStorage().getTargetValidationMetadatas(type, '', false, false).length > 0;

/** `admin` includes `read`, but not `ingest`. */
export const hasScope = (key: Key, scope: Scope): boolean =>
  key.scopes.includes(scope) || (scope === 'read' && key.scopes.includes('admin'));

/** The key of a request that the access hook let through. */
export function keyOf(request: FastifyRequest): Key {
  if (!request.key) throw new Problem(401, 'This address needs a token.');
  return request.key;
}
