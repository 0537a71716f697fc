import type pg from 'pg';

const SAVE = `
with used as (
  select * from unnest($1::uuid[], $2::timestamptz[]) as used (id, at)
), locked as (
  -- In one order, so that two processes that save at the same time cannot wait for each other.
  select id from api_key where id = any ($1::uuid[]) order by id for no key update
)
update api_key set last_used_at = greatest(last_used_at, used.at)
from used join locked using (id) where api_key.id = used.id`;

/** When each key was last used: kept in memory and saved now and then, since a write for each request would cost more than the request. */
export class LastUses {
  private readonly unsaved = new Map<string, Date>();

  note(keyId: string): void {
    this.unsaved.set(keyId, new Date());
  }

  /** What this process knows and the database may not know yet. */
  of(keyId: string): Date | undefined {
    return this.unsaved.get(keyId);
  }

  /** Saves everything with one statement. @throws where the database is away; nothing is forgotten then. */
  async save(pool: pg.Pool): Promise<void> {
    if (this.unsaved.size === 0) return;
    const saved = [...this.unsaved];
    await pool.query(SAVE, [saved.map(([id]) => id), saved.map(([, at]) => at)]);
    for (const [id, at] of saved) if (this.unsaved.get(id) === at) this.unsaved.delete(id);
  }
}
