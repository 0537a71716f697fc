import { isUtf8 } from 'node:buffer';
import { formatInstant } from '../time/format.js';
import type { ArrivalRow } from './arrivals.sql.js';
import type { DeliveryRow } from './deliveries.sql.js';

/** A delivery with its body: as text, or as base64 where the bytes are not UTF-8 and a text would not be what came. */
export function presentDelivery(row: DeliveryRow): object {
  return {
    delivery_id: row.id,
    received_at: formatInstant(row.received_at),
    outcome: row.outcome,
    sha256: row.sha256,
    ...presentBody(row.body),
  };
}

/** A delivery as a line of the list. `state` is there only for what was refused when it arrived. */
export const presentArrival = (row: ArrivalRow): object => ({
  delivery_id: row.id,
  agent: row.agent_id,
  received_at: formatInstant(row.received_at),
  outcome: row.outcome,
  ...(row.quarantine === null ? {} : { state: row.quarantine }),
  conversation_id: row.conversation_id,
  message_id: row.message_id,
  bytes: row.bytes,
  sha256: row.sha256,
});

/** The bytes of a body: as text, as base64 where they are not UTF-8, or null where they were erased. */
export function presentBody(body: Uint8Array | null): object {
  if (body === null) return { body: null };
  const bytes = Buffer.from(body);
  return isUtf8(bytes) ? { body: bytes.toString('utf8') } : { body_base64: bytes.toString('base64') };
}
