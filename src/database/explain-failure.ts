import { types } from 'node:util';
import { describeDatabase } from './describe-database.js';
import { UnusableDatabase } from './unusable-database.js';

const TLS_CODES =
  /^(SELF_SIGNED_CERT|DEPTH_ZERO|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)|CERT_|ERR_TLS_CERT|HOSTNAME_MISMATCH)/;

/**
 * Why a database cannot be worked on before something is changed, in a sentence that says what; null where waiting may
 * help, or where the error is of something else.
 * @param target what `DATABASE_URL` holds, or the data folder
 */
export function explainFailure(error: unknown, target: string): string | null {
  if (error instanceof UnusableDatabase) return error.message;
  if (!types.isNativeError(error)) return null;
  const { code = '', syscall, message } = error as Error & { code?: string; syscall?: string };
  const server = describeDatabase(target);
  if (code === '3D000') {
    return `There is no database ${server}. Make it there: CREATE DATABASE ${identifier(databaseOf(target))} ENCODING 'UTF8' TEMPLATE template0;`;
  }
  if (code === '28P01' || message.startsWith('SASL: ')) {
    return `The database server (${server}) does not accept the password of the user in DATABASE_URL, or there is none in it.`;
  }
  if (code === '28000') {
    return `The database server (${server}) does not let the user of DATABASE_URL in: pg_hba.conf must allow this user, database and address, with or without TLS as DATABASE_URL has it, and the role needs LOGIN.`;
  }
  if (code === '42501' && message.startsWith('permission denied for database')) {
    return `The user of DATABASE_URL may not connect to ${server}. Run there, as its owner: GRANT CONNECT ON DATABASE ${identifier(databaseOf(target))} TO ${identifier(userOf(target))};`;
  }
  if (code === '42501') {
    return `The user of DATABASE_URL lacks a right in ${server}: ${message}. It must own the tables of Convoledger, or be a member of the role that does.`;
  }
  if (TLS_CODES.test(code)) {
    return `The certificate of the database server (${server}) cannot be verified (${code}). For a private authority, put sslmode=verify-full&sslrootcert=/path/to/ca.pem into DATABASE_URL, with the host name that the certificate has; sslmode=no-verify encrypts without knowing who answers.`;
  }
  if (message === 'The server does not support SSL connections') {
    return `The database server (${server}) offers no TLS, which DATABASE_URL asks for. Switch it on there, or take sslmode out of DATABASE_URL.`;
  }
  if (syscall === 'open' && (code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR')) {
    return `A file that DATABASE_URL names (sslrootcert, sslcert or sslkey) cannot be read (${code}).`;
  }
  // Of a pooler: it says the same each time, unlike its other refusals of this code.
  if (code === '08P01' && /startup parameter/.test(message)) {
    return `The pooler at ${server} refuses a start-up parameter of DATABASE_URL (${message}). Take it out of DATABASE_URL; Convoledger itself sends only application_name and client_encoding.`;
  }
  return null;
}

export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const databaseOf = (target: string) => decodeURIComponent(new URL(target).pathname.slice(1));
const userOf = (target: string) => {
  const { username, searchParams } = new URL(target);
  return searchParams.get('user') ?? decodeURIComponent(username);
};
