import type pg from 'pg';
import { identifier } from './explain-failure.js';
import { UnusableDatabase } from './unusable-database.js';

interface Facts {
  encoding: string;
  version: number;
  is_replica: boolean;
  is_read_only: boolean;
  /** Null where there is no schema public. */
  may_create: boolean | null;
  role: string;
  database: string;
  /** Of the tables; null where there are none yet, or where this role may do what their owner may. */
  foreign_owner: string | null;
}

const FACTS = `
select current_setting('server_encoding') as encoding, current_setting('server_version_num')::int as version,
  pg_is_in_recovery() as is_replica, current_setting('transaction_read_only')::boolean as is_read_only,
  (select has_schema_privilege(oid, 'create') and has_schema_privilege(oid, 'usage')
   from pg_namespace where nspname = 'public') as may_create,
  current_user::text as role, current_database()::text as database,
  (select pg_get_userbyid(c.relowner)::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = 'public' and c.relname = '_prisma_migrations' and not pg_has_role(c.relowner, 'usage')) as foreign_owner`;

/** @throws UnusableDatabase where the server, the database or the rights of this role are not what the start needs */
export async function refuseUnusable(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<Facts>(FACTS);
  const reason = reasonAgainst(rows[0]!);
  if (reason !== null) throw new UnusableDatabase(reason);
}

function reasonAgainst(facts: Facts): string | null {
  const role = identifier(facts.role);
  if (facts.version < 150_000) {
    return 'The PostgreSQL server is older than version 15, the oldest that Convoledger supports.';
  }
  if (facts.encoding !== 'UTF8') {
    return `The database is encoded in ${facts.encoding}; Convoledger needs UTF8, or texts would be lost.`;
  }
  if (facts.is_replica) {
    return 'The database of DATABASE_URL is a replica that only reads: name its primary.';
  }
  if (facts.is_read_only) {
    return 'The database accepts no writes: default_transaction_read_only is on for the server, the database or the role of DATABASE_URL. Switch it off, once what it was switched on for is over.';
  }
  if (facts.may_create === null) {
    return `The database has no schema public, where the tables live. Run there, as its owner: CREATE SCHEMA public AUTHORIZATION ${role};`;
  }
  if (!facts.may_create) {
    return `The user of DATABASE_URL may not make tables in the schema public of the database ${facts.database}. Run there, as its owner: GRANT USAGE, CREATE ON SCHEMA public TO ${role};`;
  }
  if (facts.foreign_owner !== null) {
    const owner = identifier(facts.foreign_owner);
    return `The tables belong to the role ${owner}, which the user of DATABASE_URL is no member of. Use that role, or run: GRANT ${owner} TO ${role};`;
  }
  return null;
}
