import { asTexts, NO_FIGURES, reportersOf } from '../ledger/entry.js';
import type { IndexedTexts } from '../search/lexemes.js';
import type { Delivery, Outcome } from './delivery.js';
import { type FirstRows, firstPieces, firstRow } from './first-rows.js';
import type { Problem } from './problems.js';
import type { DeliveredMessage } from './read-delivery.js';
import {
  changeRow,
  type DeliveryRow,
  isRedated,
  type KnownMessage,
  partRows,
  pieceRows,
  type RestRows,
} from './rest-rows.js';

/** What the database knows about the deliveries of a batch, read under the writer's lock. */
export interface Known {
  liveKeys: Set<string>;
  /** Agents that want 200 for bodies that had to be refused. */
  acceptingAgents: Set<string>;
  messages: Map<string, KnownMessage>;
  /** Those of the batch's bodies that arrived before, by `bodyKey`. */
  bodies: Set<string>;
  /** The replayed deliveries of the batch that still wait in quarantine, by their ids. */
  waiting: Set<string>;
}

/** The rows of one batch, as the writing statements take them. */
export interface Rows {
  firsts: FirstRows;
  rest: RestRows;
  /** Deliveries that have their row already, in quarantine, and come through the door again. */
  replayed: DeliveryRow[];
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
  private readonly firsts: FirstRows = { firsts: [], pieces: [], keys: [] };
  private readonly deliveries: DeliveryRow[] = [];
  private readonly replayed: DeliveryRow[] = [];
  private readonly changes: object[] = [];
  /** Of first bodies, by `messageKey`. */
  private readonly searchParts = new Map<string, object[]>();
  private readonly revised = new Map<
    string,
    { message: KnownMessage; body: DeliveredMessage | null; search: IndexedTexts | null }
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
    if (!before) {
      this.store(delivery, message);
      return { kind: 'stored' };
    }
    this.keep(delivery, 'revised', { without: Boolean(before.erased_at) });
    this.revise(delivery, message, before);
    return { kind: 'revised' };
  }

  rows(): Rows {
    const revised = [...this.revised.values()];
    return {
      firsts: this.firsts,
      replayed: this.replayed,
      rest: {
        deliveries: this.deliveries,
        changes: this.changes,
        messages: revised.map(({ message, body, search }) => ({
          ...message,
          keeps_text: body === null,
          search: search?.search ?? null,
        })),
        pieces: revised.flatMap(({ message, body }) => (body ? pieceRows(message, body) : [])),
        pieceCounts: revised.flatMap(({ message, body, search }) =>
          body
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
        searchParts: [
          ...[...this.searchParts.values()].flat(),
          ...revised.flatMap(({ message, search }) => (search ? partRows(message, search) : [])),
        ],
      },
    };
  }

  private refuse(delivery: Delivery, problems: Problem[]): Outcome {
    const isErased = this.belongsToErased(delivery);
    this.keep(delivery, 'refused', { problems, without: isErased });
    const accepted = this.known.acceptingAgents.has(delivery.agentId);
    return { kind: 'refused', deliveryId: delivery.id, problems, accepted, isKept: !isErased };
  }

  /** Whether a refused body belongs to an erased message. One that names a different conversation belongs to that one instead. */
  private belongsToErased(delivery: Delivery): boolean {
    const { conversation_id, message_id } = idsOf(delivery);
    if (message_id === null) return false;
    const message = this.known.messages.get(messageKey(delivery.agentId, message_id));
    if (!message?.erased_at) return false;
    return conversation_id === null || conversation_id === message.conversation_id;
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
      ...(delivery.isReplay ? { settledBy: delivery.keyId } : {}),
      once: delivery.isUnstorable,
      problems,
    };
    (delivery.isReplay ? this.replayed : this.deliveries).push(row);
  }

  private store(delivery: Delivery, body: DeliveredMessage): void {
    const row = firstRow(delivery, body);
    const message: KnownMessage = {
      agent_id: row.agent_id,
      id: row.message_id,
      conversation_id: row.conversation_id,
      message_type: row.message_type,
      create_time: row.create_time,
      received_at: row.received_at,
      text: row.text,
      revision: 1,
      delivery_id: row.delivery_id,
      has_usage: row.reporters_gained !== 0,
      totals_mismatched: row.totals_mismatched,
      redated: false,
      erased_at: null,
      figures: row.figures ?? NO_FIGURES,
    };
    const key = messageKey(delivery.agentId, body.messageId);
    this.known.messages.set(key, message);
    if (delivery.isReplay) this.keep(delivery, 'stored');
    this.firsts.pieces.push(...firstPieces(this.firsts.firsts.length, body));
    this.firsts.firsts.push(row);
    if (delivery.search) this.searchParts.set(key, partRows(message, delivery.search));
  }

  private revise(delivery: Delivery, body: DeliveredMessage, before: KnownMessage): void {
    const isLate = delivery.isReplay === true && arrivedAfter(before, delivery);
    // A body without usage says nothing about usage: it takes none away. Nor does a late one from what came after it.
    const usage = isLate && before.has_usage ? null : body.usage;
    const figures = usage ? asTexts(usage.figures) : before.figures;
    const mismatched = usage ? usage.totalsMismatched : before.totals_mismatched;
    const redated = before.redated || isRedated(body, before);
    const after: KnownMessage = {
      ...before,
      text: before.erased_at ? null : body.text,
      revision: before.revision + 1,
      delivery_id: isLate ? before.delivery_id : delivery.id,
      has_usage: reportersOf(figures) !== 0,
      totals_mismatched: mismatched,
      redated,
      figures,
    };
    this.changes.push(changeRow(before, after, { id: delivery.id, sha256: delivery.sha256 }));
    const key = messageKey(delivery.agentId, body.messageId);
    const revised = this.revised.get(key);
    if (isLate && revised) after.text = revised.message.text;
    this.known.messages.set(key, after);
    if (!isLate) this.searchParts.delete(key);
    // A late body leaves what is shown and found as it is.
    const shown = isLate ? revised : { body, search: after.erased_at ? NO_WORDS : delivery.search };
    this.revised.set(key, { message: after, body: shown?.body ?? null, search: shown?.search ?? null });
  }
}

/**
 * Whether a message's newest body came after a replayed one, which must then not undo it. What is shown stays as it is;
 * the replayed body only counts as a revision.
 */
const arrivedAfter = (message: KnownMessage, delivery: Delivery) => message.delivery_id > delivery.id;

/** A quarantined body may name no message; where it does, the ids lead to it. */
function idsOf({ reading }: Delivery): { conversation_id: string | null; message_id: string | null } {
  const { conversationId, messageId } = reading.kind === 'message' ? reading.message : reading;
  return { conversation_id: conversationId, message_id: messageId };
}
