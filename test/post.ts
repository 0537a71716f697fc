import { ADMIN, type Json, type TestApp } from './harness.js';

export interface Answer {
  status: number;
  headers: Headers;
  body: Json;
}

/** Asks for something to be done, as the administrator unless told otherwise. */
export async function call(
  app: TestApp,
  method: 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  token = ADMIN,
): Promise<Answer> {
  const answer = await fetch(app.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}

/** The fields that a 400 names. */
export const fieldsOf = ({ body }: Answer): string[] =>
  body.errors.map(({ field }: { field: string }) => field);
