import { isUtf8 } from 'node:buffer';
import type { AudioDto, DeliveryDto, PieceDto } from './delivery.dto.js';
import { isJsonObject, type JsonObject, parseJson } from './parse-json.js';
import { type Problem, problemsIn } from './problems.js';
import { readUsage, type Usage } from './read-usage.js';
import { countEntries, spell } from './spell.js';
import {
  epochMilliseconds,
  isId,
  mayHaveTextMarks,
  storable,
  storableObject,
  withoutMarksOf,
} from './values.js';

export type Reading =
  | { kind: 'probe' }
  | { kind: 'message'; message: DeliveredMessage }
  /** The ids are there if they could be read, so that a refused body can be found and erased by them. */
  | { kind: 'refused'; problems: Problem[]; conversationId: string | null; messageId: string | null };

/** A message as it was delivered, ready to be stored: PostgreSQL can hold every string in it. */
export interface DeliveredMessage {
  conversationId: string;
  messageId: string;
  messageType: 'ANSWER' | 'QUESTION';
  createTime: Date;
  text: string | null;
  output: Piece[];
  usage: Usage | null;
}

export interface Piece {
  componentName: string | null;
  branch: string | null;
  text: string | null;
  /** Entries of `{audio, transcript}` (either may be `null`) and the further keys they came with. */
  audio: Record<string, unknown>[];
  /** Further kinds of content as they were sent. Write it with lossless-json's `stringify`: it may hold `LosslessNumber`s. */
  more: Record<string, unknown>;
}

const EARLIEST = Date.UTC(2000, 0, 1);
const TWO_DAYS = 2 * 24 * 60 * 60 * 1000;

/**
 * Pieces and entries of audio in all. Each is a row or an object to be made: a body of a million could never be stored
 * in the time in which its sender wants an answer, so it would come again for ever, and hold up all others each time.
 */
export const MOST_ENTRIES = 20_000;

/**
 * Reads the body of a webhook delivery: an availability probe, a message, or the reasons why it is neither.
 * Never throws, whatever the bytes. `now` bounds `create_time` (2000-01-01 up to two days later).
 */
export function readDelivery(body: Uint8Array, now: Date): Reading {
  const parsed = parseJson(body);
  if ('problem' in parsed) return unreadable(parsed.problem);
  if (!isJsonObject(parsed.value)) return unreadable('must be a JSON object');
  const sent = mayHaveTextMarks(body) ? withoutMarksOf(parsed.value) : parsed.value;
  // Before anything else: a probe may carry nothing else.
  if (sent.istest === true || sent.istest === 'true') return { kind: 'probe' };

  if (countEntries(sent) > MOST_ENTRIES) {
    const problem = `must have at most ${MOST_ENTRIES} pieces and entries of audio in all`;
    return refused([{ field: 'output', problem }], sent, body);
  }
  const delivery = spell(sent);
  const problems = [
    ...problemsIn(delivery),
    ...blurredIds(delivery, body),
    ...implausibleTime(delivery, now),
  ];
  if (problems.length === 0) return { kind: 'message', message: toMessage(delivery) };
  return refused(problems, sent, body);
}

function refused(problems: Problem[], sent: JsonObject, body: Uint8Array): Reading {
  const readableId = (id: unknown) => (isId(id) && !isBlurred(id, body) ? id : null);
  return {
    kind: 'refused',
    problems,
    conversationId: readableId(sent.conversation_id),
    messageId: readableId(sent.message_id),
  };
}

function unreadable(problem: string): Reading {
  return { kind: 'refused', problems: [{ field: 'body', problem }], conversationId: null, messageId: null };
}

/** Decoding turns every wrong byte into the same character, so two ids that differ could become one. */
function isBlurred(id: string, body: Uint8Array): boolean {
  return id.includes('\uFFFD') && !isUtf8(body);
}

function blurredIds(delivery: DeliveryDto, body: Uint8Array): Problem[] {
  return (['conversation_id', 'message_id'] as const)
    .filter((field) => isId(delivery[field]) && isBlurred(delivery[field], body))
    .map((field) => ({ field, problem: 'must be valid UTF-8' }));
}

function implausibleTime(delivery: DeliveryDto, now: Date): Problem[] {
  const time = epochMilliseconds(delivery.create_time);
  if (time === null || (time >= EARLIEST && time <= now.getTime() + TWO_DAYS)) return [];
  return [{ field: 'create_time', problem: 'must lie between 2000-01-01 and two days from now' }];
}

function toMessage(delivery: DeliveryDto): DeliveredMessage {
  return {
    conversationId: delivery.conversation_id,
    messageId: delivery.message_id,
    messageType: delivery.message_type ?? 'ANSWER',
    createTime: new Date(epochMilliseconds(delivery.create_time) ?? Number.NaN),
    text: storableOrNull(delivery.text),
    output: delivery.output.map(toPiece),
    usage: readUsage(delivery.usage),
  };
}

function toPiece(piece: PieceDto): Piece {
  return {
    componentName: storableOrNull(piece.from_component_name),
    branch: storableOrNull(piece.from_component_branch),
    text: storableOrNull(piece.content?.text),
    audio: piece.content?.audio.map(toAudio) ?? [],
    more: storableObject(piece.content?.more ?? {}),
  };
}

function toAudio(entry: AudioDto): Record<string, unknown> {
  return {
    ...storableObject(entry.more),
    audio: storableOrNull(entry.audio),
    transcript: storableOrNull(entry.transcript),
  };
}

function storableOrNull(text: string | undefined): string | null {
  return text === undefined ? null : storable(text);
}
