import { parse } from 'lossless-json';
import { displayText } from '../../history/display-text.js';
import type { Snippet } from '../../search/snippet.js';
import { formatInstant } from '../time/format.js';
import { presentUsage } from '../usage/usage.presenter.js';
import type { MessageRow } from './messages.sql.js';

interface PieceRow {
  position: unknown;
  from_component_name: string | null;
  from_component_branch: string | null;
  text: string | null;
  audio: unknown[];
  more: Record<string, unknown>;
}

/** A message as the API shows it. */
export function presentMessage(row: MessageRow & { snippet?: Snippet | null }): object {
  const pieces = parse(row.pieces) as PieceRow[];
  return {
    agent: row.agent_id,
    conversation_id: row.conversation_id,
    message_id: row.id,
    message_type: row.message_type,
    text: displayText(row.text, pieces),
    create_time: formatInstant(row.create_time),
    received_at: formatInstant(row.received_at),
    revision: row.revision,
    output: pieces.map(presentPiece),
    usage: presentUsage(row),
    ...(row.snippet === undefined ? {} : { snippet: row.snippet }),
  };
}

function presentPiece(piece: PieceRow): object {
  const { position, from_component_name, from_component_branch, text, audio, more } = piece;
  return { position, from_component_name, from_component_branch, content: { ...more, text, audio } };
}
