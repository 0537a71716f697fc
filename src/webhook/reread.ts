import { stringify } from 'lossless-json';
import { asTexts, NO_FIGURES } from '../ledger/entry.js';
import { FIGURES } from '../ledger/figures.js';
import { indexTexts } from '../search/lexemes.js';
import { textsOf } from '../search/texts.js';
import { type DeliveredMessage, readDelivery } from './read-delivery.js';
import { changeRow, isRedated, type KnownMessage, partRows, pieceRows, type RestRows } from './rest-rows.js';

/** A message as it is stored, and the distinct bodies it came from, in the order they were stored. */
export interface KeptMessage {
  message: KnownMessage;
  /** Component, branch, text, audio and more of each piece, the last two as JSON texts. */
  pieces: (string | null)[][];
  bodies: KeptBody[];
}

export interface KeptBody {
  deliveryId: string;
  /** It came through the door again, from quarantine. */
  isReplay: boolean;
  /** Null where it was erased. */
  body: Buffer | null;
}

export type Rereading =
  | { kind: 'same' }
  /** Some of the bodies were erased: what is left would be another message. */
  | { kind: 'erased' }
  | { kind: 'unreadable'; problem: string }
  | {
      kind: 'differs';
      before: KnownMessage;
      after: KnownMessage;
      body: DeliveredMessage;
      /** For a person; texts are named and not quoted. */
      changes: string[];
    };

/**
 * Puts every body of a message through today's reading, one after the other as they came. Nothing moves between
 * conversations, days or types: a body that is now read to belong elsewhere is counted as redated, as a revision would be.
 */
export function reread({ message, pieces, bodies }: KeptMessage, now = new Date()): Rereading {
  let after: KnownMessage = {
    ...message,
    figures: NO_FIGURES,
    has_usage: false,
    totals_mismatched: false,
    redated: false,
  };
  let last: DeliveredMessage | undefined;
  let newest = '';
  for (const { body, deliveryId, isReplay } of bodies) {
    if (body === null) return { kind: 'erased' };
    // By the time of now, since a replay may have stored a body long after it arrived; time only makes more plausible.
    const reading = readDelivery(body, now);
    if (reading.kind === 'probe')
      return { kind: 'unreadable', problem: 'is now read as an availability probe' };
    if (reading.kind === 'refused') {
      const [first] = reading.problems;
      return { kind: 'unreadable', problem: `is now refused: ${first?.field} ${first?.problem}` };
    }
    const read = reading.message;
    if (read.messageId !== message.id || read.conversationId !== message.conversation_id)
      return { kind: 'unreadable', problem: 'is now read as another message' };
    // What was replayed after a newer body had come does not undo that one.
    const isLate = isReplay && newest > deliveryId;
    const usage = isLate && after.has_usage ? null : read.usage;
    const figures = usage ? asTexts(usage.figures) : after.figures;
    after = {
      ...after,
      text: isLate ? after.text : read.text,
      figures,
      has_usage: figures.some((figure) => figure !== null),
      totals_mismatched: usage?.totalsMismatched ?? after.totals_mismatched,
      redated: after.redated || isRedated(read, message),
    };
    if (isLate) continue;
    last = read;
    newest = deliveryId;
  }
  if (!last) return { kind: 'erased' };
  const changes = changesBetween(message, after);
  if (JSON.stringify(pieces) !== JSON.stringify(last.output.map(pieceTexts))) changes.push('other pieces');
  if (changes.length === 0) return { kind: 'same' };
  return {
    kind: 'differs',
    before: message,
    after: { ...after, revision: message.revision + 1 },
    body: last,
    changes,
  };
}

/** The rows that make stored messages what they are read as now: a revision each, and a correction where figures differ. */
export function rowsOf(differing: Extract<Rereading, { kind: 'differs' }>[]): RestRows {
  // No body of its own: the bytes are those that came.
  const changes = differing.map(({ before, after }) =>
    changeRow(before, after, { id: after.delivery_id, sha256: null }),
  );
  const found = differing.map(({ after, body }) => ({
    after,
    search: indexTexts(textsOf(body.text, body.output)),
  }));
  return {
    deliveries: [],
    changes,
    messages: found.map(({ after, search }) => ({ ...after, keeps_text: false, search: search.search })),
    pieces: differing.flatMap(({ after, body }) => pieceRows(after, body)),
    pieceCounts: differing.map(({ after, body }, index) => ({
      agent_id: after.agent_id,
      message_id: after.id,
      pieces: body.output.length,
      search_parts: found[index]!.search.parts.length,
    })),
    searchParts: found.flatMap(({ after, search }) => partRows(after, search)),
  };
}

const pieceTexts = ({ componentName, branch, text, audio, more }: DeliveredMessage['output'][number]) => [
  componentName,
  branch,
  text,
  stringify(audio) ?? null,
  stringify(more) ?? null,
];

function changesBetween(before: KnownMessage, after: KnownMessage): string[] {
  const figures = FIGURES.map((name, k) => {
    const [old, now] = [before.figures[k] ?? null, after.figures[k] ?? null];
    return old === now ? '' : `${name} ${old ?? 'unknown'} → ${now ?? 'unknown'}`;
  }).filter((change) => change !== '');
  const flags = (['totals_mismatched', 'redated'] as const)
    .filter((name) => before[name] !== after[name])
    .map((name) => `${name} ${before[name]} → ${after[name]}`);
  return [...figures, ...flags, ...(before.text === after.text ? [] : ['another text'])];
}
