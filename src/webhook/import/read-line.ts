import { isUtf8 } from 'node:buffer';
import { AGENT_ID } from '../../agents/agents.dto.js';
import type { JsonObject } from '../parse-json.js';
import { type FileKind, isBlank, kindOfLine, lineContent, misplaced, parseLine } from './file-kind.js';

/** A line of a file as it was read. */
export interface FileLine {
  /** Without its line break; null for a line that is longer than may be read. */
  bytes: Buffer | null;
  /** Its bytes in the file, the line break included. */
  size: number;
  /** False for a last line that no line break follows. */
  isEnded: boolean;
}

/** A body to be imported, as a line of a file holds it. */
export interface ImportedBody {
  body: Buffer;
  /** Null where the line is the body itself. */
  agent: string | null;
  /** Null where the line is the body itself: it arrives now. */
  receivedAt: Date | null;
  id: string | null;
}

/** The problem is words that follow "left out:". */
export type Line = ImportedBody | { skip: 'erased' | 'dismissed' | 'empty' } | { problem: string };

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Reads a line of a file of a kind. */
export function readLine({ bytes, isEnded }: FileLine, kind: FileKind): Line {
  if (bytes === null) return { problem: 'it is longer than any delivery' };
  const content = lineContent(bytes);
  if (isBlank(content)) return { skip: 'empty' };
  const value = parseLine(content);
  if (value === undefined)
    return {
      problem: isEnded
        ? 'it is not whole JSON'
        : 'it is the last one and cut short, so the file is not complete',
    };
  const found = kindOfLine(value);
  if (found !== (kind === 'deliveries' ? 'delivery' : 'body')) return { problem: misplaced(found) };
  if (kind === 'bodies') return { body: content, agent: null, receivedAt: null, id: null };
  // An export is written in UTF-8, and bodies that are not are in it as base64.
  return isUtf8(content)
    ? readDelivery(value as JsonObject)
    : { problem: 'it is not UTF-8, so it was changed' };
}

function readDelivery({
  agent,
  delivery_id: id,
  received_at,
  quarantine,
  body,
  body_base64,
}: JsonObject): Line {
  // Somebody decided against these bytes: they are not to wait for a decision again.
  if (quarantine === 'dismissed') return { skip: 'dismissed' };
  if (typeof agent !== 'string' || !AGENT_ID.test(agent))
    return { problem: 'agent must be 1 to 64 of a–z, 0–9 and -' };
  const receivedAt = new Date(typeof received_at === 'string' ? received_at : Number.NaN);
  if (Number.isNaN(receivedAt.getTime())) return { problem: 'received_at must be an instant' };
  if (typeof id !== 'string' || !ID.test(id) || timeOf(id) !== receivedAt.getTime())
    return { problem: 'delivery_id must be the id of a delivery that arrived at received_at' };
  if (typeof body === 'string') return { body: Buffer.from(body), agent, receivedAt, id };
  if (typeof body_base64 === 'string')
    return { body: Buffer.from(body_base64, 'base64'), agent, receivedAt, id };
  return (body ?? body_base64 ?? null) === null
    ? { skip: 'erased' }
    : { problem: 'body must be a text or null' };
}

const timeOf = (id: string): number => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
