import { readFileSync } from 'node:fs';
import { type DeliveredMessage, type Reading, readDelivery } from '../../src/webhook/read-delivery.js';

/** The bodies that the sender is known to post, with what must come of them. */
export interface Payload {
  name: string;
  body: string;
  status: number;
  message?: { message_type?: string; text?: string; create_time?: string; output?: unknown; usage?: unknown };
}

export const PAYLOADS: Payload[] = JSON.parse(
  readFileSync(new URL('../fixtures/payloads.json', import.meta.url), 'utf8'),
);

/** When every body of these tests arrives. */
export const NOW = new Date('2026-10-03T12:00:00Z');

/** The required fields. */
export const VALID = {
  conversation_id: 'c',
  message_id: 'm',
  create_time: Date.parse('2026-10-03T11:00:00Z') / 1000,
};

export const readText = (body: string) => readDelivery(Buffer.from(body), NOW);

/** Reads a valid body with some fields added or replaced. */
export const read = (fields: object) => readText(JSON.stringify({ ...VALID, ...fields }));

/** The same, with the addition spelled as JSON text so that a number may be anything. */
export const readWith = (json: string) => readText(JSON.stringify(VALID).replace('}', `,${json}}`));

export function message(reading: Reading): DeliveredMessage {
  if (reading.kind !== 'message') throw new Error(`Expected a message, got ${JSON.stringify(reading)}`);
  return reading.message;
}

/** The fields that a refusal names. */
export function fields(reading: Reading): string[] {
  if (reading.kind !== 'refused') throw new Error(`Expected a refusal, got a ${reading.kind}`);
  return reading.problems.map(({ field }) => field);
}
