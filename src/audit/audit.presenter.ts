import type { AuditEvent } from '../database/generated/client.js';

/** What was done, as the API shows it. `key` is null for what the start of the program did. */
export const presentAuditEvent = (row: AuditEvent): object => ({
  id: String(row.id),
  at: row.at.toISOString(),
  key: row.keyId === null ? null : { key_id: row.keyId, label: row.keyLabel },
  address: row.address,
  action: row.action,
  agent: row.agentId,
  subject: row.subject,
  details: row.details,
});
