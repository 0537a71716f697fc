import type pg from 'pg';

/** A table as a backup holds it. */
export interface Table {
  name: string;
  columns: string[];
}

/** Which migrations are applied is not data: the restoring program applies its own. */
const NOT_DATA = ['_prisma_migrations'];

/**
 * Every table of the instance, whichever the migrations made, each after those that its foreign keys point to. Columns
 * that PostgreSQL computes are left out.
 */
export async function listTables(client: pg.ClientBase): Promise<Table[]> {
  const { rows } = await client.query<Table & { needs: string[] }>(
    `select c.relname as name,
       array(select a.attname::text from pg_attribute a
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
             order by a.attnum) as columns,
       array(select distinct other.relname::text from pg_constraint f join pg_class other on other.oid = f.confrelid
             where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid) as needs
     from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and c.relname <> all ($1::text[])
     order by c.relname`,
    [NOT_DATA],
  );
  const ordered: Table[] = [];
  let left = rows;
  while (left.length > 0) {
    const free = left.filter(({ needs }) => !needs.some((need) => left.some(({ name }) => name === need)));
    if (free.length === 0) throw new Error('The foreign keys of the tables go in a circle.');
    ordered.push(...free.map(({ name, columns }) => ({ name, columns })));
    left = left.filter((table) => !free.includes(table));
  }
  return ordered;
}

/** The months that deliveries have a partition for, as instants. */
export async function listMonths(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'public.delivery'::regclass order by 1`,
  );
  return rows.flatMap(({ name }) => {
    const [, year, month] = /^delivery_(\d{4})_(\d\d)$/.exec(name) ?? [];
    return year && month ? [`${year}-${month}-01T00:00:00Z`] : [];
  });
}

/** About how many rows there are in all, as PostgreSQL last estimated: only to tell how far a backup has come. */
export async function estimateRows(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ rows: number }>(
    `select coalesce(sum(greatest(reltuples, 0)), 0)::float8 as rows from pg_class
     where relnamespace = 'public'::regnamespace and relkind = 'r'`,
  );
  return rows[0]!.rows;
}

/** The migrations that were applied, in their order; none where the database is new. */
export async function appliedMigrations(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ found: boolean }>(
    `select to_regclass('public._prisma_migrations') is not null as found`,
  );
  if (!rows[0]?.found) return [];
  const applied = await client.query<{ name: string }>(
    `select migration_name as name from _prisma_migrations
     where finished_at is not null and rolled_back_at is null order by 1`,
  );
  return applied.rows.map(({ name }) => name);
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const columnList = ({ columns }: Table): string => columns.map(quoted).join(', ');
