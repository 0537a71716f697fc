import { parse } from 'lossless-json';

/** An answer that is no success, as the API words it. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly errors: { field: string; problem: string }[] = [],
  ) {
    super(detail);
  }
}

/** What the API says against one field of what was sent, to be shown beside it; null where it says nothing. */
export const problemOfField = (error: Error | null, name: string): string | null =>
  (error instanceof Refused ? error.errors : []).find(({ field }) => field === name)?.problem ?? null;

type Values = Record<string, string | number | null | undefined>;

export const SIGNED_OUT = 'convoledger:signed-out';

/** Counts stay exact: what a double cannot hold becomes a bigint. */
const exactly = (text: string) => {
  const number = Number(text);
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(number) ? BigInt(text) : number;
};

/** A path with its parameters; those without a value are left out. */
export function withParameters(path: string, values: Values = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(values))
    if (value !== null && value !== undefined && value !== '') params.set(name, String(value));
  const query = params.toString();
  return query ? `${path}?${query}` : path;
}

/** @throws Refused with the API's own sentence */
export function ask<Answer>(path: string, values: Values = {}, signal?: AbortSignal): Promise<Answer> {
  return call('GET', withParameters(path, values), undefined, signal);
}

/** @throws Refused with the API's own sentence */
export function tell<Answer = null>(
  method: 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: object,
): Promise<Answer> {
  return call(method, path, body);
}

async function call<Answer>(
  method: string,
  path: string,
  body?: object,
  signal?: AbortSignal,
): Promise<Answer> {
  const headers: Record<string, string> = { accept: 'application/json' };
  // The server lets a session change something only with this header, which no other site's page can send.
  if (method !== 'GET') headers['x-convoledger-console'] = '1';
  if (body) headers['content-type'] = 'application/json';
  const answer = await fetch(path, {
    method,
    headers,
    body: body && JSON.stringify(body),
    signal: signal ?? null,
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new Refused(0, 'The server cannot be reached. Is it running, and are you online?');
  });
  if (answer.status === 204) return null as Answer;
  const text = await answer.text();
  if (answer.ok) return (text === '' ? null : parse(text, null, exactly)) as Answer;
  if (answer.status === 401 && path !== '/console/session') window.dispatchEvent(new Event(SIGNED_OUT));
  throw refusalOf(answer.status, text);
}

function refusalOf(status: number, text: string): Refused {
  try {
    const { detail, errors } = JSON.parse(text) as { detail: string; errors?: Refused['errors'] };
    return new Refused(status, detail, errors);
  } catch {
    return new Refused(status, `The server answered ${status}.`);
  }
}

/** All pages of a list, up to a number of rows beyond which nobody reads a page of figures. */
export async function askAll<Row, Answer extends { data: Row[]; next_cursor: string | null }>(
  path: string,
  values: Values,
  most = 5_000,
): Promise<Answer> {
  const first = await ask<Answer>(path, values);
  const data = [...first.data];
  let cursor = first.next_cursor;
  while (cursor !== null && data.length < most) {
    const page = await ask<Answer>(path, { ...values, cursor });
    data.push(...page.data);
    cursor = page.next_cursor;
  }
  return { ...first, data, next_cursor: cursor };
}
