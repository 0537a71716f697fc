import { hash, randomBytes } from 'node:crypto';

/**
 * Every token that an Authorization header may stand for, in the order to try them: the credentials themselves, and
 * where they are base64 of `T`, `user:T`, `T:` or `:T`, each such T. The sender documents neither scheme nor encoding.
 */
export function presentedTokens(authorization: string | undefined): string[] {
  const match = /^\s*(?:bearer|basic)\s+(\S+)\s*$/i.exec(authorization ?? '');
  if (!match) return [];
  const credentials = match[1]!;
  const tokens = [credentials];
  if (/^[A-Za-z0-9+/_-]+={0,2}$/.test(credentials)) {
    const decoded = Buffer.from(credentials, 'base64').toString('utf8');
    const afterUser = decoded.slice(decoded.indexOf(':') + 1);
    tokens.push(decoded, afterUser);
    if (decoded.endsWith(':')) tokens.push(decoded.slice(0, -1));
  }
  return [...new Set(tokens)].filter((token) => token !== '');
}

/**
 * What is stored of a token. Looking the hash up in an index leaks nothing by its timing: who does not know the token
 * cannot steer the bytes of its SHA-256 towards those of a stored one.
 */
export const hashToken = (token: string): Buffer => hash('sha256', token, 'buffer');

/** Characters of a new token at least: a shorter one can be guessed, or found by its hash. Older keys go on working. */
export const MIN_TOKEN_CHARACTERS = 16;

/** 256 random bits in 43 characters that need no quoting in a shell, a header or a path. */
export const makeToken = (): string => randomBytes(32).toString('base64url');

/** Enough to recognise a key in a list, too little to guess one: nothing of a short token. */
export const hintOf = (token: string): string =>
  token.length >= MIN_TOKEN_CHARACTERS ? `…${token.slice(-4)}` : '…';
