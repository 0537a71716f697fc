import { UnusableDatabase } from '../database/unusable-database.js';

/**
 * SQLSTATEs that say "not now": connection, resources, shutdown, time-out, read-only, lock, conflict; a user, a password or
 * a database that is refused while others are at work on it; and a pooler that handed the session to somebody else, so
 * that a prepared statement or a cursor is unknown (26000, 34000) or is there already (42P05, 42P03).
 */
const SQLSTATES =
  /^(08...|53...|57...|58...|40...|28...|3D000|26000|34000|42P05|42P03|25006|25P03|25P04|55P03)$/;
/** Of the operating system, also where TLS is made. */
const SYSTEM_CODES =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOST\w+|ENET\w+|EADDRNOTAVAIL|ENOTFOUND|EAI_\w+|EPROTO|ERR_SSL_\w+|ERR_STREAM_\w+|ERR_SOCKET_\w+)$/;
/** Of Prisma: no connection, an end of it, a time-out, or a transaction that can no longer be used for one of these. */
const PRISMA_CODES = /^(P1000|P1001|P1002|P1003|P1008|P1010|P1011|P1017|P1018|P2024|P2028|P2034|P2037)$/;
const PRISMA_KINDS =
  /^(DatabaseNotReachable|ConnectionClosed|SocketTimeout|TooManyConnections|TransactionAlreadyClosed|TransactionWriteConflict|TlsConnectionError|AuthenticationFailed|DatabaseAccessDenied|DatabaseDoesNotExist)$/;
/** Errors of the driver that have no code; the last ones are of a connection that was closed in the middle of an answer. */
const SENTENCES =
  /(timeout expired|timeout exceeded when trying to connect|[Cc]onnection terminated|Query read timeout|Client has encountered a connection error|Client was closed|not queryable|Cannot use a pool after calling end|Received unexpected \w+ message from backend|closed the connection|socket hang up|secure TLS connection was established|SSL connection)/;
/** Prisma quotes a code of PostgreSQL in its message where it does not hand the error on. */
const QUOTED_CODE = /\bCode: `(\w{5})`/;

/** Members of an error that may hold the one it comes from: errors are wrapped by the driver, its adapter and Prisma. */
const LEADS = ['cause', 'meta', 'driverAdapterError', 'errors', '0'] as const;
/** Deeper than any that was seen; it ends a chain that goes in a circle. */
const MAX_DEPTH = 8;

/** Whether an error means that the database cannot do its work now, rather than that the request or our code is wrong. */
export const isDatabaseAway = (error: unknown): boolean => chain(error).some(saysAway);

/** The code of the error that says why the database is away, or its sentence; for a log and for people, without a statement. */
export function reasonOfAbsence(error: unknown): string {
  const found = chain(error).filter(saysAway).at(-1) ?? {};
  const code = [found.code, found.originalCode, found.kind].find((value) => typeof value === 'string');
  return code ?? SENTENCES.exec(String(found.message ?? ''))?.[0] ?? 'unknown';
}

type Shape = Record<string, unknown>;

/** Every object that an error consists of, the outermost first. */
function chain(error: unknown, depth = 0): Shape[] {
  if (typeof error !== 'object' || error === null || depth > MAX_DEPTH) return [];
  const shape = error as Shape;
  return [shape, ...LEADS.flatMap((lead) => chain(shape[lead], depth + 1))];
}

function saysAway(shape: Shape): boolean {
  const { code, originalCode, kind, message, syscall, severity } = shape;
  if (shape instanceof UnusableDatabase) return true;
  // It ends the connection, whatever its code: poolers have codes of their own.
  if (severity === 'FATAL' || severity === 'PANIC') return true;
  const isAway = (value: unknown) =>
    typeof value === 'string' &&
    (SQLSTATES.test(value) || SYSTEM_CODES.test(value) || PRISMA_CODES.test(value));
  if (isAway(code) || isAway(originalCode)) return true;
  if (typeof kind === 'string' && PRISMA_KINDS.test(kind)) return true;
  // No server behind the file of a socket.
  if (syscall === 'connect' && (code === 'ENOENT' || code === 'EACCES')) return true;
  if (typeof message !== 'string') return false;
  return SENTENCES.test(message) || isAway(QUOTED_CODE.exec(message)?.[1]);
}
