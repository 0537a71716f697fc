import { createHash } from 'node:crypto';
import type pg from 'pg';

/** The ids of statements whose document does not have the SHA-256 that was given out for it. */
export async function brokenStatements(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>('select id from statement order by closed_at');
  const broken: string[] = [];
  for (const { id } of rows) {
    // One at a time: a document of a month with many agents is large.
    const found = await client.query<{ document: Buffer; sha256: Buffer }>(
      'select document, sha256 from statement where id = $1',
      [id],
    );
    const statement = found.rows[0];
    if (!statement) continue;
    const sum = createHash('sha256').update(statement.document).digest();
    if (!sum.equals(statement.sha256)) broken.push(id);
  }
  return broken;
}
