import { formatInstant } from '../time/format.js';
import { presentUsage } from '../usage/usage.presenter.js';
import type { EntryRow } from './entries.sql.js';

/** An entry as the API shows it. `delivery_id` leads to the bytes it was read from. */
export const presentEntry = (row: EntryRow): object => ({
  entry_id: row.position,
  kind: row.kind,
  agent: row.agent_id,
  conversation_id: row.conversation_id,
  message_id: row.message_id,
  message_type: row.message_type,
  revision: row.revision,
  delivery_id: row.delivery_id,
  occurred_at: formatInstant(row.occurred_at),
  recorded_at: formatInstant(row.recorded_at),
  usage: presentUsage(row),
});
