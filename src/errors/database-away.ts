import { types } from 'node:util';

/** SQLSTATE classes and codes that say "not now": connection, resources, shutdown, time-out, read-only, lock. */
const NOT_NOW = /^(08|53|57|58|25006|25P03|25P04|55P03|40)/;
const SOCKET_CODES =
  /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_AGAIN|P1001|P1002|P1008|P1017|P2024|P2028)/;
/** Errors of the driver that carry no code of their own. */
const DRIVER_SENTENCES =
  /(timeout exceeded when trying to connect|Connection terminated|Query read timeout|Client has encountered a connection error|not queryable|Cannot use a pool after calling end)/;

/** Whether an error means that the database cannot do its work now, rather than that the request or our code is wrong. */
export function isDatabaseAway(error: unknown): boolean {
  for (
    let cause: unknown = error, depth = 0;
    types.isNativeError(cause) && depth < 5;
    cause = cause.cause, depth++
  ) {
    const { code, originalCode, meta } = cause as Error & {
      code?: unknown;
      originalCode?: unknown;
      meta?: unknown;
    };
    for (const value of [code, originalCode, sqlStateIn(meta)]) {
      if (typeof value === 'string' && (NOT_NOW.test(value) || SOCKET_CODES.test(value))) return true;
    }
    if (DRIVER_SENTENCES.test(cause.message)) return true;
  }
  return false;
}

/** Prisma hands PostgreSQL's code on in `meta.driverAdapterError.cause.originalCode`. */
function sqlStateIn(meta: unknown): unknown {
  const adapterError = (meta as { driverAdapterError?: { cause?: { originalCode?: unknown } } } | undefined)
    ?.driverAdapterError;
  return adapterError?.cause?.originalCode;
}
