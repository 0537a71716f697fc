import type { ApiKey } from '../database/generated/client.js';

/** A key as the API shows it: never its token, and not its hash either. `usedAt` is what the database may not know yet. */
export function presentKey(row: ApiKey, usedAt: Date | undefined): object {
  return {
    key_id: row.id,
    label: row.label,
    scopes: row.scopes,
    agent: row.agentId,
    hint: row.hint,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt?.toISOString() ?? null,
    last_used_at: later(row.lastUsedAt, usedAt)?.toISOString() ?? null,
    revoked_at: row.revokedAt?.toISOString() ?? null,
  };
}

const later = (a: Date | null, b: Date | undefined): Date | null => (b && (!a || b > a) ? b : a);
