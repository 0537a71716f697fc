import { resolve } from 'node:path';

/**
 * Names a database for people, without user and password: `convoledger at db.example.com:5432` for an address,
 * `embedded PostgreSQL in /srv/convoledger/data` for a data folder.
 * @param target what `DATABASE_URL` holds, or the data folder where it is unset: `config.databaseUrl ?? config.dataDir`
 */
export function describeDatabase(target: string): string {
  if (!/^postgres(ql)?:\/\//.test(target)) return `embedded PostgreSQL in ${resolve(target)}`;
  const { hostname, port, pathname, searchParams } = new URL(target);
  // The driver prefers a host that is given as a parameter, which may be the folder of a socket.
  const host = decode(searchParams.get('host') ?? hostname) || 'localhost';
  const name = decode(pathname.slice(1));
  if (host.startsWith('/')) return `${name} at ${host}`;
  return `${name} at ${host}:${searchParams.get('port') ?? (port || '5432')}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
