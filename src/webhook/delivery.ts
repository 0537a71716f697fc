import { createHash } from 'node:crypto';
import { v7 as uuidV7 } from 'uuid';
import type { Key } from '../access/keys.service.js';
import type { Problem } from './problems.js';
import { type Reading, readDelivery } from './read-delivery.js';

/** One authenticated body on its way into the database. */
export interface Delivery {
  /** UUID version 7 of `receivedAt`, so that an id alone leads to its month. */
  id: string;
  agentId: string;
  keyId: string;
  receivedAt: Date;
  body: Buffer;
  /** Hexadecimal. */
  sha256: string;
  reading: Exclude<Reading, { kind: 'probe' }>;
  /** It waits in quarantine already, and is sent through the door once more. */
  isReplay?: true;
  /** It could not be stored and its sender is told to come again: once in quarantine is enough. */
  isUnstorable?: true;
}

/** What became of a delivery. Nothing of it is true before the commit. */
export type Outcome =
  | { kind: 'stored' | 'repeated' | 'revised' }
  | { kind: 'refused'; deliveryId: string; problems: Problem[]; accepted: boolean }
  | { kind: 'unauthorized' }
  /** A body that must be refused, and for which the agent's quarantine has no room. */
  | { kind: 'no-room' }
  /** A replayed delivery that was replayed or dismissed before. */
  | { kind: 'settled' };

let sequence = 0;

/** @returns null for an availability probe, of which nothing is kept. */
export function readAsDelivery(
  body: Buffer,
  receivedAt: Date,
  key: Key & { agentId: string },
): Delivery | null {
  const reading = readDelivery(body, receivedAt);
  if (reading.kind === 'probe') return null;
  sequence = (sequence + 1) % 0x1_0000_0000;
  return {
    id: uuidV7({ msecs: receivedAt.getTime(), seq: sequence }),
    agentId: key.agentId,
    keyId: key.id,
    receivedAt,
    body,
    sha256: createHash('sha256').update(body).digest('hex'),
    reading,
  };
}

/** The instant inside a UUID of version 7, in milliseconds since 1970. */
export const timeInId = (id: string): Date =>
  new Date(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16));
