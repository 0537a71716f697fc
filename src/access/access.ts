import { applyDecorators } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBasicAuth, ApiBearerAuth, ApiExtension, ApiSecurity } from '@nestjs/swagger';
import { getMetadataStorage } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../errors/problem.js';
import { documentDto } from '../openapi/document-dto.js';
import type { Key, Scope } from './key.js';

/**
 * What a route asks of its caller: a scope, nothing for the few that must answer anyone, or, for what tells of all agents,
 * a key of the scope `read` that is of no single agent, unless the caller is on this machine.
 */
export type AccessRule = Scope | 'anyone' | 'read-or-local';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: AccessRule;
    /** The path parameter that names an agent: a key of another agent is refused before the body is read. */
    agentParameter?: string | undefined;
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
export const Access =
  (access: AccessRule, agentParameter?: string): MethodDecorator =>
  (controller, method, descriptor) =>
    applyDecorators(
      RouteConfig({ access, agentParameter, takesBody: readsBody(controller, method) }),
      ApiExtension('x-scope', access),
      ...(access === 'anyone' ? [] : [ApiBearerAuth(), ApiBasicAuth()]),
      ...(access === 'read-or-local' ? [ApiSecurity({})] : []),
      documentParameters,
    )(controller, method, descriptor);

/** Whether a handler has a parameter `@Body()`. Parameters are decorated before their method, so it is known by now. */
function readsBody(controller: object, method: string | symbol): boolean {
  const parameters: object = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller.constructor, method) ?? {};
  return Object.keys(parameters).some((key) => key.startsWith(`${RouteParamtypes.BODY}:`));
}

const documentParameters: MethodDecorator = (controller, method) => {
  const types: unknown[] = Reflect.getMetadata('design:paramtypes', controller, method) ?? [];
  for (const type of types) if (isDto(type)) documentDto(type);
};

const isDto = (type: unknown): type is new () => object =>
  typeof type === 'function' &&
  getMetadataStorage().getTargetValidationMetadatas(type, '', false, false).length > 0;

/** What each scope allows beside itself. An administrator delivers nothing. */
const INCLUDED: Record<Scope, readonly Scope[]> = {
  ingest: [],
  read: [],
  finance: ['read'],
  admin: ['finance', 'read'],
};

/** The scopes of a key together with those that they include. */
export const allScopes = ({ scopes }: Key): Scope[] => [
  ...new Set(scopes.flatMap((scope) => [scope, ...INCLUDED[scope]])),
];

export const hasScope = (key: Key, scope: Scope): boolean => allScopes(key).includes(scope);

/** The key of a request that the access hook let through. */
export function keyOf(request: FastifyRequest): Key {
  if (!request.key) throw new Problem(401, 'This address needs a token.');
  return request.key;
}
