import { isIP } from 'node:net';
import { refuseParameters } from './database/url-parameters.js';
import { isZone } from './query/time/zone.js';

/** What the environment may set. Frozen at start; nothing else reads `process.env`. */
export abstract class Config {
  /** Null: an embedded PostgreSQL is started in `dataDir`. */
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly ingestToken: string | null;
  readonly adminToken: string | null;
  /** Bytes of one delivery. */
  readonly bodyLimit: number;
  /** IANA zone of reports that name none. */
  readonly reportTz: string;
  readonly logLevel: LogLevel;
  /**
   * Whose word about the address of a caller counts: nobody's but the socket's, that of so many proxies before us, or
   * that of the proxies at these addresses.
   */
  readonly trustProxy: false | number | string[];
  /** Days that raw bodies are kept at least, then whole months of them go; null: for ever. */
  readonly retainRawDays: number | null;
  /** Days that texts and pieces of messages are kept; null: for ever. */
  readonly retainContentDays: number | null;
  /** Web pages of other origins that may ask this API; none by default. */
  readonly corsOrigins: string[];
}

/** Bytes. A body is text of at most 512 MiB for V8; 64 MiB keeps one sender from taking all the memory. */
export const MAX_BODY_LIMIT = 67_108_864;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One sentence for each variable that cannot be used. No sentence repeats a value: it may be a secret. */
export class BadEnvironment extends Error {
  constructor(readonly sentences: string[]) {
    super(sentences.join('\n'));
  }
}

/**
 * Reads the environment. A variable that is empty counts as unset, as docker compose passes them.
 * @throws BadEnvironment
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const sentences: string[] = [];
  const read = <T>(name: string, absent: T, parse: (value: string) => T | undefined, expected: string): T => {
    const value = env[name];
    if (value === undefined || value === '') return absent;
    const parsed = parse(value);
    if (parsed !== undefined) return parsed;
    sentences.push(`${name} must be ${expected}.`);
    return absent;
  };

  const config: Config = {
    databaseUrl: read<string | null>(
      'DATABASE_URL',
      null,
      postgresUrl,
      'a PostgreSQL address such as postgresql://user:password@host:5432/database',
    ),
    dataDir: read('DATA_DIR', './data', pathName, 'the path of a folder'),
    host: read('HOST', '127.0.0.1', hostName, 'a host name or an address such as 127.0.0.1 or 0.0.0.0'),
    port: read('PORT', 3000, integer(0, 65_535), 'a whole number from 0 to 65535; 0 picks a free port'),
    ingestToken: read<string | null>('INGEST_TOKEN', null, token, TOKEN_EXPECTED),
    adminToken: read<string | null>('ADMIN_TOKEN', null, token, TOKEN_EXPECTED),
    bodyLimit: read(
      'BODY_LIMIT',
      4_194_304,
      integer(1, MAX_BODY_LIMIT),
      `a number of bytes from 1 to ${MAX_BODY_LIMIT}`,
    ),
    reportTz: read('REPORT_TZ', 'UTC', zoneName, 'the IANA name of a time zone such as Europe/Berlin'),
    logLevel: read('LOG_LEVEL', 'info', logLevel, `one of ${LOG_LEVELS.join(', ')}`),
    trustProxy: read<Config['trustProxy']>(
      'TRUST_PROXY',
      false,
      proxies,
      'a number of proxies from 1 to 10, or a list of their addresses such as 127.0.0.1, 10.0.0.0/8, separated by commas',
    ),
    retainRawDays: read<number | null>('RETAIN_RAW_DAYS', null, integer(1, 36_500), DAYS_EXPECTED),
    retainContentDays: read<number | null>('RETAIN_CONTENT_DAYS', null, integer(1, 36_500), DAYS_EXPECTED),
    corsOrigins: read<string[]>(
      'CORS_ORIGINS',
      [],
      origins,
      'a list of origins such as https://console.example.com, separated by commas',
    ),
  };
  if (config.databaseUrl !== null) sentences.push(...refuseParameters('DATABASE_URL', config.databaseUrl));
  if (config.ingestToken !== null && config.ingestToken === config.adminToken) {
    sentences.push(
      'INGEST_TOKEN and ADMIN_TOKEN must differ: one key is either an agent’s or an administrator’s.',
    );
  }
  if (sentences.length > 0) throw new BadEnvironment(sentences);
  return Object.freeze(config);
}

const TOKEN_EXPECTED = '1 to 512 visible ASCII characters without spaces';

const DAYS_EXPECTED = 'a whole number of days from 1 to 36500';

const integer = (least: number, most: number) => (value: string) => {
  const number = Number(value);
  return /^\d{1,15}$/.test(value) && number >= least && number <= most ? number : undefined;
};

const token = (value: string) => (/^[\x21-\x7e]{1,512}$/.test(value) ? value : undefined);

function proxies(value: string): number | string[] | undefined {
  if (/^([1-9]|10)$/.test(value)) return Number(value);
  const addresses = list(value);
  return addresses.length > 0 && addresses.every(isAddressOrNetwork) ? addresses : undefined;
}

function isAddressOrNetwork(text: string): boolean {
  const [address = '', bits, more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

function origins(value: string): string[] | undefined {
  const all = list(value);
  const isOrigin = (text: string) =>
    /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
  return all.length > 0 && all.every(isOrigin) ? all : undefined;
}

const list = (value: string) => value.split(',').map((item) => item.trim());

const pathName = (value: string) => (value.includes('\0') ? undefined : value);

const hostName = (value: string) => (/^[A-Za-z0-9.:_%-]{1,255}$/.test(value) ? value : undefined);

const logLevel = (value: string) => LOG_LEVELS.find((level) => level === value);

function postgresUrl(value: string): string | undefined {
  if (!URL.canParse(value)) return undefined;
  const { protocol, hostname, pathname } = new URL(value);
  const isReadable = [hostname, pathname].every((part) => !/%(?![0-9a-f]{2})/i.test(part));
  return /^postgres(ql)?:$/.test(protocol) && pathname.length > 1 && isReadable ? value : undefined;
}

/** As it was given: which of a zone's names Intl prefers depends on its version. */
const zoneName = (value: string) => (isZone(value) ? value : undefined);
