import { asTexts, type FigureTexts, NO_FIGURES, reportersOf } from '../ledger/entry.js';
import type { Delivery } from './delivery.js';
import type { DeliveredMessage } from './read-delivery.js';

/** First bodies of messages, as the statement that stores them takes them. */
export interface FirstRows {
  firsts: FirstRow[];
  pieces: FirstPiece[];
  /** The keys that must be live, which rows name by their place, counted from 1. */
  keys: string[];
}

/** The first body of a message, as its delivery, its message, its change and its entry. */
export interface FirstRow {
  agent_id: string;
  /** Place of its key; undefined where the key has been asked for under this lock. */
  key: number | undefined;
  message_id: string;
  conversation_id: string;
  message_type: string;
  create_time: string;
  received_at: string;
  delivery_id: string;
  /** Its delivery has a row already. */
  is_replay: true | undefined;
  sha256: string;
  bytes: number;
  body: Buffer | null;
  text: string | null;
  search: string;
  totals_mismatched: boolean;
  /** Bit k for figure number k; 0 where there is no usage. */
  reporters_gained: number;
  figures: FigureTexts | undefined;
}

/** A piece of the first body of that number, counted from 1. */
interface FirstPiece {
  number: number;
  position: number;
  component: string | null;
  branch: string | null;
  text: string | null;
  audio: unknown;
  more: unknown;
}

/** A delivery of which nothing but its message has to be stored, should this be its first. */
export type Plain = Delivery & { reading: { kind: 'message' } };

/** Whether a delivery can be stored without a question, unless its message turns out to be there. */
export const isPlain = (delivery: Delivery): delivery is Plain =>
  delivery.reading.kind === 'message' && !delivery.isReplay && delivery.search?.parts.length === 0;

/** The rows of deliveries that are taken for the first of their messages. No two are of one message. */
export function firstRows(deliveries: Plain[]): FirstRows {
  const keys = [...new Set(deliveries.map(({ keyId }) => keyId))];
  return {
    firsts: deliveries.map((delivery) => ({
      ...firstRow(delivery, delivery.reading.message),
      key: keys.indexOf(delivery.keyId) + 1,
    })),
    pieces: deliveries.flatMap(({ reading }, index) => firstPieces(index, reading.message)),
    keys,
  };
}

export function firstRow(delivery: Delivery, message: DeliveredMessage): FirstRow {
  const figures = message.usage ? asTexts(message.usage.figures) : NO_FIGURES;
  const reporters = reportersOf(figures);
  return {
    agent_id: delivery.agentId,
    key: undefined,
    message_id: message.messageId,
    conversation_id: message.conversationId,
    message_type: message.messageType,
    create_time: message.createTime.toISOString(),
    received_at: delivery.receivedAt.toISOString(),
    delivery_id: delivery.id,
    is_replay: delivery.isReplay,
    sha256: delivery.sha256,
    bytes: delivery.body.length,
    body: delivery.isReplay ? null : delivery.body,
    text: message.text,
    search: delivery.search?.search ?? '',
    totals_mismatched: message.usage?.totalsMismatched ?? false,
    reporters_gained: reporters,
    figures: reporters === 0 ? undefined : figures,
  };
}

export const firstPieces = (index: number, { output }: DeliveredMessage): FirstPiece[] =>
  output.map(({ componentName, branch, text, audio, more }, position) => ({
    number: index + 1,
    position: position + 1,
    component: componentName,
    branch,
    text,
    audio,
    more,
  }));
