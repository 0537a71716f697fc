export const SCOPES = ['ingest', 'read', 'finance', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who is asking. `agentId` is null for a key that belongs to no single agent. */
export interface Key {
  id: string;
  label: string;
  scopes: Scope[];
  agentId: string | null;
}
