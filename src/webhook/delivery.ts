import { hash, randomFillSync } from 'node:crypto';
import { v7 as uuidV7 } from 'uuid';
import type { Key } from '../access/key.js';
import { type IndexedTexts, indexTexts } from '../search/lexemes.js';
import { textsOf } from '../search/texts.js';
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
  /** What the message is found by; null for a body that is none. Made here, so that nobody waits for it under the lock. */
  search: IndexedTexts | null;
  /** It waits in quarantine already, and is sent through the door once more. */
  isReplay?: true;
  /** It could not be stored and its sender is told to come again: once in quarantine is enough. */
  isUnstorable?: true;
}

/** What became of a delivery. Nothing of it is true before the commit. */
export type Outcome =
  | { kind: 'stored' | 'repeated' | 'revised' }
  | { kind: 'refused'; deliveryId: string; problems: Problem[]; accepted: boolean; isKept: boolean }
  | { kind: 'unauthorized' }
  /** A body that must be refused, and for which the agent's quarantine has no room. */
  | { kind: 'no-room' }
  /** A replayed delivery that was replayed or dismissed before. */
  | { kind: 'settled' };

let sequence = 0;

const ID_BYTES = 16;
const randomPool = Buffer.alloc(256 * ID_BYTES);
let used = randomPool.length;

/** Random bytes for one id, fetched from the system for many at a time: that was 3 % of a delivery. */
function randomBytesOfId(): Uint8Array {
  if (used === randomPool.length) {
    randomFillSync(randomPool);
    used = 0;
  }
  used += ID_BYTES;
  return randomPool.subarray(used - ID_BYTES, used);
}

/**
 * @param now bounds `create_time`; the arrival itself, unless the body arrived before
 * @returns null for an availability probe, of which nothing is kept
 */
export function readAsDelivery(
  body: Buffer,
  receivedAt: Date,
  key: Key & { agentId: string },
  now = receivedAt,
): Delivery | null {
  const reading = readDelivery(body, now);
  if (reading.kind === 'probe') return null;
  sequence = (sequence + 1) % 0x1_0000_0000;
  return {
    id: uuidV7({ msecs: receivedAt.getTime(), seq: sequence, random: randomBytesOfId() }),
    agentId: key.agentId,
    keyId: key.id,
    receivedAt,
    body,
    sha256: hash('sha256', body, 'hex'),
    reading,
    search: searchOf(reading),
  };
}

/** What the message of a body is found by. */
export const searchOf = (reading: Delivery['reading']): IndexedTexts | null =>
  reading.kind === 'message' ? indexTexts(textsOf(reading.message.text, reading.message.output)) : null;

/** The instant inside a UUID of version 7, in milliseconds since 1970. */
export const timeInId = (id: string): Date =>
  new Date(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16));
