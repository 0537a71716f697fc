import { isUtf8 } from 'node:buffer';
import type { QuarantinedRow } from './quarantine.sql.js';

/** A quarantined delivery without its bytes. What settled it is told once it is settled. */
export function presentQuarantined(row: QuarantinedRow): object {
  const item = {
    delivery_id: row.id,
    agent: row.agent_id,
    received_at: row.received_at.toISOString(),
    state: row.quarantine,
    problems: row.problems,
    message_id: row.message_id,
    bytes: row.bytes,
    sha256: row.sha256,
  };
  if (row.quarantine === 'waiting') return item;
  const settled = {
    ...item,
    settled_at: row.settled_at?.toISOString() ?? null,
    settled_by: row.settled_by === null ? null : { key_id: row.settled_key, label: row.settled_by },
    reason: row.dismissed_reason,
  };
  return row.quarantine === 'stored' ? { ...settled, outcome: row.outcome } : settled;
}

/** With the bytes: as text, or as base64 where they are not UTF-8 and a text would not be what came. */
export function presentWithBody(row: QuarantinedRow & { body: Uint8Array | null }): object {
  const item = presentQuarantined(row);
  if (row.body === null) return { ...item, body: null };
  const bytes = Buffer.from(row.body);
  return isUtf8(bytes)
    ? { ...item, body: bytes.toString('utf8') }
    : { ...item, body_base64: bytes.toString('base64') };
}
