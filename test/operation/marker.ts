import type pg from 'pg';

/** The tables of a database in which any column of any row holds a text, be it in bytes, inside JSON or folded for the search. */
export async function tablesWith(pool: pg.Pool, text: string): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select c.relname as name from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`,
  );
  const found: string[] = [];
  const hex = Buffer.from(text).toString('hex');
  for (const { name } of rows) {
    const { rowCount } = await pool.query(
      `select from "${name}" t where strpos(lower(t::text), $1) > 0 or strpos(t::text, $2) > 0 limit 1`,
      [text.toLowerCase(), hex],
    );
    if (rowCount) found.push(name);
  }
  return found;
}
