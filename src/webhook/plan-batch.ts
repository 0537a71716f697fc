import { asTexts, entry, type FigureTexts, NO_FIGURES } from '../ledger/entry.js';
import type { IndexedTexts } from '../search/lexemes.js';
import type { Delivery, Outcome } from './delivery.js';
import type { Problem } from './problems.js';
import type { DeliveredMessage } from './read-delivery.js';

/** What the database knows about the deliveries of a batch, read under the writer's lock. */
export interface Known {
  /** The last position of the changes feed. */
  position: bigint;
  /** The recording time of this batch, RFC 3339. */
  recordedAt: string;
  liveKeys: Set<string>;
  /** Agents that want 200 for bodies that had to be refused. */
  acceptingAgents: Set<string>;
  messages: Map<string, KnownMessage>;
  /** Those of the batch's bodies that arrived before, by `bodyKey`. */
  bodies: Set<string>;
  /** The replayed deliveries of the batch that still wait in quarantine, by their ids. */
  waiting: Set<string>;
}

export interface KnownMessage {
  agent_id: string;
  id: string;
  conversation_id: string;
  message_type: string;
  create_time: string;
  received_at: string;
  recorded_at: string;
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

/** The rows of one batch, as the writing statement takes them. */
export interface Rows {
  deliveries: DeliveryRow[];
  /** Deliveries that have their row already, in quarantine, and come through the door again. */
  replayed: DeliveryRow[];
  messages: (KnownMessage & { keeps_text: boolean; search: string | null })[];
  /** Of messages whose texts are too long for `search`. */
  searchParts: object[];
  pieces: object[];
  /** How many pieces and search parts each message has now, where an earlier body may have had more. */
  pieceCounts: object[];
  changes: object[];
  position: bigint;
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
  /** Leave it out where the very same bytes wait already. */
  once?: true;
  problems?: Problem[];
}

export const messageKey = (agentId: string, messageId: string) => `${agentId}/${messageId}`;
export const bodyKey = (agentId: string, messageId: string, sha256: string) =>
  `${agentId}/${sha256}/${messageId}`;

/**
 * Decides for each delivery of a batch, in its order, what becomes of it, and which rows say so. `known` is brought up
 * to date on the way, so that two deliveries of one message in one batch see each other.
 */
export function planBatch(deliveries: Delivery[], known: Known): { outcomes: Outcome[]; rows: Rows } {
  const plan = new Plan(known);
  const outcomes = deliveries.map((delivery) => plan.add(delivery));
  return { outcomes, rows: plan.rows() };
}

/** What is found of an erased message. */
const NO_WORDS: IndexedTexts = { search: '', parts: [] };

class Plan {
  private readonly deliveries: DeliveryRow[] = [];
  private readonly replayed: DeliveryRow[] = [];
  private readonly changes: object[] = [];
  private readonly touched = new Map<
    string,
    { message: KnownMessage; body: DeliveredMessage | null; search: IndexedTexts | null; isNew: boolean }
  >();

  constructor(private readonly known: Known) {}

  add(delivery: Delivery): Outcome {
    const { reading } = delivery;
    if (!this.known.liveKeys.has(delivery.keyId)) return { kind: 'unauthorized' };
    if (delivery.isReplay && !this.known.waiting.delete(delivery.id)) return { kind: 'settled' };
    if (reading.kind === 'refused') return this.refuse(delivery, reading.problems);

    const { message } = reading;
    const before = this.known.messages.get(messageKey(delivery.agentId, message.messageId));
    if (before && before.conversation_id !== message.conversationId) {
      return this.refuse(delivery, [
        {
          field: 'conversation_id',
          problem: 'must be the conversation this message_id was first delivered in',
        },
      ]);
    }
    const body = bodyKey(delivery.agentId, message.messageId, delivery.sha256);
    if (this.known.bodies.has(body)) {
      this.keep(delivery, 'repeated');
      return { kind: 'repeated' };
    }
    this.known.bodies.add(body);
    const kind = before ? 'revised' : 'stored';
    this.keep(delivery, kind, { without: Boolean(before?.erased_at) });
    this.change(delivery, message, before);
    return { kind };
  }

  rows(): Rows {
    const touched = [...this.touched.values()];
    return {
      deliveries: this.deliveries,
      replayed: this.replayed,
      messages: touched.map(({ message, body, search }) => ({
        ...message,
        keeps_text: body === null,
        search: search?.search ?? null,
      })),
      searchParts: touched.flatMap(({ message, search }) => (search ? partRows(message, search) : [])),
      pieces: touched.flatMap(({ message, body }) => (body ? pieceRows(message, body) : [])),
      pieceCounts: touched.flatMap(({ message, body, search, isNew }) =>
        body && !isNew
          ? [
              {
                agent_id: message.agent_id,
                message_id: message.id,
                pieces: body.output.length,
                search_parts: search?.parts.length ?? 0,
              },
            ]
          : [],
      ),
      changes: this.changes,
      position: this.known.position,
    };
  }

  private refuse(delivery: Delivery, problems: Problem[]): Outcome {
    const { message_id } = idsOf(delivery);
    const named =
      message_id === null ? undefined : this.known.messages.get(messageKey(delivery.agentId, message_id));
    this.keep(delivery, 'refused', { problems, without: Boolean(named?.erased_at) });
    const accepted = this.known.acceptingAgents.has(delivery.agentId);
    return { kind: 'refused', deliveryId: delivery.id, problems, accepted };
  }

  /** A repeat keeps no second copy of the bytes, and what belongs to an erased message none at all. */
  private keep(
    delivery: Delivery,
    outcome: DeliveryRow['outcome'],
    { problems, without = false }: { problems?: Problem[]; without?: boolean } = {},
  ): void {
    // Without its bytes nothing can be replayed, so it does not wait for that.
    const refused = without ? 'dismissed' : 'waiting';
    const quarantined = delivery.isReplay ? 'stored' : null;
    const row: DeliveryRow = {
      agent_id: delivery.agentId,
      received_at: delivery.receivedAt,
      id: delivery.id,
      outcome,
      quarantine: outcome === 'refused' ? refused : quarantined,
      ...idsOf(delivery),
      sha256: delivery.sha256,
      bytes: delivery.body.length,
      body: without || outcome === 'repeated' ? null : delivery.body,
      body_in: null,
      isErased: without,
      once: delivery.isUnstorable,
      problems,
    };
    (delivery.isReplay ? this.replayed : this.deliveries).push(row);
  }

  private change(delivery: Delivery, body: DeliveredMessage, before: KnownMessage | undefined): void {
    const figuresBefore = before?.figures ?? NO_FIGURES;
    const isLate = delivery.isReplay === true && before !== undefined && arrivedAfter(before, delivery);
    // A body without usage says nothing about usage: it takes none away. Nor does a late one from what came after it.
    const usage = isLate && before.has_usage ? null : body.usage;
    const figures = usage ? asTexts(usage.figures) : figuresBefore;
    const mismatched = usage ? usage.totalsMismatched : (before?.totals_mismatched ?? false);
    const redated = before ? before.redated || isRedated(body, before) : false;
    const after: KnownMessage = {
      agent_id: delivery.agentId,
      id: body.messageId,
      conversation_id: body.conversationId,
      message_type: before?.message_type ?? body.messageType,
      create_time: before?.create_time ?? body.createTime.toISOString(),
      received_at: before?.received_at ?? delivery.receivedAt.toISOString(),
      recorded_at: before?.recorded_at ?? this.known.recordedAt,
      text: before?.erased_at ? null : body.text,
      revision: (before?.revision ?? 0) + 1,
      delivery_id: isLate ? before.delivery_id : delivery.id,
      has_usage: figures.some((figure) => figure !== null),
      totals_mismatched: mismatched,
      redated,
      erased_at: before?.erased_at ?? null,
      figures,
    };
    this.known.position += 1n;
    this.changes.push({
      agent_id: after.agent_id,
      position: this.known.position.toString(),
      kind: before ? 'revised' : 'stored',
      conversation_id: after.conversation_id,
      message_id: after.id,
      message_type: after.message_type,
      revision: after.revision,
      delivery_id: delivery.id,
      sha256: delivery.sha256,
      occurred_at: after.create_time,
      redated: Number(redated) - Number(before?.redated ?? false),
      totals_mismatched: Number(mismatched) - Number(before?.totals_mismatched ?? false),
      erased: after.erased_at !== null,
      ...entry(figuresBefore, figures),
    });
    const key = messageKey(delivery.agentId, body.messageId);
    const touched = this.touched.get(key);
    const isNew = !before || (touched?.isNew ?? false);
    if (isLate && touched) after.text = touched.message.text;
    this.known.messages.set(key, after);
    // A late body leaves what is shown and found as it is.
    const shown = isLate ? touched : { body, search: after.erased_at ? NO_WORDS : delivery.search };
    this.touched.set(key, {
      message: after,
      body: shown?.body ?? null,
      search: shown?.search ?? null,
      isNew,
    });
  }
}

/**
 * Whether a message's newest body came after a replayed one, which must then not undo it. What is shown stays as it is;
 * the replayed body only counts as a revision.
 */
const arrivedAfter = (message: KnownMessage, delivery: Delivery) => message.delivery_id > delivery.id;

export const isRedated = (body: DeliveredMessage, before: KnownMessage) =>
  body.createTime.getTime() !== Date.parse(before.create_time) || body.messageType !== before.message_type;

/** A quarantined body may name no message; where it does, the ids lead to it. */
function idsOf({ reading }: Delivery): { conversation_id: string | null; message_id: string | null } {
  const { conversationId, messageId } = reading.kind === 'message' ? reading.message : reading;
  return { conversation_id: conversationId, message_id: messageId };
}

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
