import { entry, type FigureTexts } from '../ledger/entry.js';
import type { IndexedTexts } from '../search/lexemes.js';
import type { Problem } from './problems.js';
import type { DeliveredMessage } from './read-delivery.js';

/** A message as it is there, or as a batch leaves it. */
export interface KnownMessage {
  agent_id: string;
  id: string;
  conversation_id: string;
  message_type: string;
  create_time: string;
  received_at: string;
  text: string | null;
  revision: number;
  delivery_id: string;
  has_usage: boolean;
  totals_mismatched: boolean;
  redated: boolean;
  /** When what it said was erased: from then on nothing but its figures is recorded. */
  erased_at: string | null;
  figures: FigureTexts;
}

/** What is stored once first bodies are. */
export interface RestRows {
  /** All deliveries that are no first bodies: repeats, revisions, and what is refused. */
  deliveries: DeliveryRow[];
  /** Of messages that were there before. */
  changes: object[];
  /** What these have become. */
  messages: (KnownMessage & { keeps_text: boolean; search: string | null })[];
  pieces: object[];
  /** How many pieces and search parts each has now, where an earlier body may have had more. */
  pieceCounts: object[];
  /** Of any message whose texts are too long for `search`. */
  searchParts: object[];
}

export interface DeliveryRow {
  agent_id: string;
  received_at: Date;
  id: string;
  outcome: 'stored' | 'repeated' | 'revised' | 'refused';
  quarantine: 'waiting' | 'stored' | 'dismissed' | null;
  conversation_id: string | null;
  message_id: string | null;
  sha256: string;
  bytes: number;
  /** Null where the bytes are kept already. */
  body: Buffer | null;
  /** For a refused body without bytes of its own: the delivery that holds them. */
  body_in: string | null;
  /** Of an erased message: no bytes of it are kept, nor any it had while it waited. */
  isErased: boolean;
  /** Of a replay: the id of the key that asked for it. */
  settledBy?: string;
  /** Leave it out where the very same bytes wait already. */
  once?: true;
  problems?: Problem[];
}

export const isRedated = (body: DeliveredMessage, before: KnownMessage) =>
  body.createTime.getTime() !== Date.parse(before.create_time) || body.messageType !== before.message_type;

/**
 * What the feed and the ledger say of a message that has become another.
 * @param source the delivery it came from; without a digest where no new bytes came
 */
export const changeRow = (
  before: KnownMessage,
  after: KnownMessage,
  source: { id: string; sha256: string | null },
): object => ({
  agent_id: after.agent_id,
  kind: 'revised',
  conversation_id: after.conversation_id,
  message_id: after.id,
  message_type: after.message_type,
  revision: after.revision,
  delivery_id: source.id,
  sha256: source.sha256,
  occurred_at: after.create_time,
  redated: Number(after.redated) - Number(before.redated),
  totals_mismatched: Number(after.totals_mismatched) - Number(before.totals_mismatched),
  erased: after.erased_at !== null,
  ...entry(before.figures, after.figures),
});

export function partRows(message: KnownMessage, search: IndexedTexts): object[] {
  return search.parts.map((part, index) => ({
    agent_id: message.agent_id,
    message_id: message.id,
    part: index + 1,
    search: part,
  }));
}

export function pieceRows(message: KnownMessage, body: DeliveredMessage): object[] {
  if (message.erased_at) return [];
  return body.output.map((piece, index) => ({
    agent_id: message.agent_id,
    message_id: message.id,
    position: index + 1,
    create_time: message.create_time,
    message_type: message.message_type,
    from_component_name: piece.componentName,
    from_component_branch: piece.branch,
    text: piece.text,
    audio: piece.audio,
    more: piece.more,
  }));
}
