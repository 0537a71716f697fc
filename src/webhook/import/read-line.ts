import { isJsonObject, parseJson } from '../parse-json.js';

/** A body to be imported, as a line of a file holds it. */
export interface ImportedBody {
  body: Buffer;
  /** Null where the line is the body itself. */
  agent: string | null;
  /** Null where the line is the body itself: it arrives now. */
  receivedAt: Date | null;
  id: string | null;
}

export type Line = ImportedBody | { skip: 'erased' | 'dismissed' | 'empty' } | { problem: string };

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * Reads a line of a file: a delivery as `GET /v1/export?kind=deliveries` writes it, or the body of a webhook itself. What
 * names an arrival and a body is taken for the first.
 */
export function readLine(line: Buffer): Line {
  if (line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)) return { skip: 'empty' };
  const parsed = parseJson(line);
  if (
    'problem' in parsed ||
    !isJsonObject(parsed.value) ||
    !('received_at' in parsed.value && 'sha256' in parsed.value)
  )
    return { body: line, agent: null, receivedAt: null, id: null };

  const { agent, delivery_id: id, received_at, quarantine, body, body_base64 } = parsed.value;
  // Somebody decided against these bytes: they are not to wait for a decision again.
  if (quarantine === 'dismissed') return { skip: 'dismissed' };
  if (typeof agent !== 'string') return { problem: 'agent must be a string' };
  const receivedAt = new Date(typeof received_at === 'string' ? received_at : Number.NaN);
  if (Number.isNaN(receivedAt.getTime())) return { problem: 'received_at must be an instant' };
  if (typeof id !== 'string' || !ID.test(id) || timeOf(id) !== receivedAt.getTime())
    return { problem: 'delivery_id must be the id of a delivery that arrived at received_at' };
  const bytes =
    typeof body === 'string'
      ? Buffer.from(body)
      : typeof body_base64 === 'string'
        ? Buffer.from(body_base64, 'base64')
        : null;
  return bytes === null ? { skip: 'erased' } : { body: bytes, agent, receivedAt, id };
}

const timeOf = (id: string): number => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
