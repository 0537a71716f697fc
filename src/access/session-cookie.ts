import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

export const COOKIE = 'convoledger_session';

/** What a session says: whose key it stands for, and until when (milliseconds since 1970). No token is in it. */
export interface Session {
  keyId: string;
  until: number;
}

/** The secret of sessions, apart from that of cursors: neither can be passed off as the other. */
export const sessionSecret = (instanceKey: Uint8Array): Buffer =>
  Buffer.from(hkdfSync('sha256', instanceKey, '', 'convoledger console session', 32));

export function writeSession(secret: Buffer, { keyId, until }: Session): string {
  const said = `${keyId}.${until}`;
  return `${said}.${sign(secret, said).toString('base64url')}`;
}

/** @returns null for what was not made here, was changed, or is over. */
export function readSession(secret: Buffer, value: string, now: number): Session | null {
  const [, said = '', keyId = '', until = '', mac = ''] =
    /^(([0-9a-f-]{36})\.(\d{1,15}))\.([\w-]{43})$/.exec(value) ?? [];
  const given = Buffer.from(mac, 'base64url');
  const expected = sign(secret, said);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  return Number(until) > now ? { keyId, until: Number(until) } : null;
}

/** The session cookie among those that a browser sent. */
export function cookieIn(header: string | undefined): string | null {
  for (const part of (header ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === COOKIE && value) return value;
  }
  return null;
}

/**
 * `Strict`: no other site can make a browser send it, not even by a link.
 * @param seconds 0 makes the browser forget it
 */
export const setCookie = (value: string, seconds: number, secure: boolean): string =>
  `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure ? '; Secure' : ''}`;

const sign = (secret: Buffer, said: string) => createHmac('sha256', secret).update(said).digest();
