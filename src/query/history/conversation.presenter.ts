import type { Snippet } from '../../search/snippet.js';
import { formatInstant } from '../time/format.js';
import { presentUsage } from '../usage/usage.presenter.js';
import type { ConversationRow } from './conversations.sql.js';

/** A conversation as the API shows it: `usage` and `cost` are the sums of its messages. */
export function presentConversation(
  row: Omit<ConversationRow, 'sort_key'> & { snippet?: Snippet | null },
): object {
  return {
    agent: row.agent_id,
    conversation_id: row.id,
    first_message_at: formatInstant(row.first_message_at),
    last_message_at: formatInstant(row.last_message_at),
    messages: row.messages,
    usage: presentUsage(row),
    cost: row.cost,
    ...(row.snippet === undefined ? {} : { snippet: row.snippet }),
  };
}
