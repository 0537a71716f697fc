import { presentMessage } from '../history/message.presenter.js';
import type { ChangeRow } from './changes.sql.js';

/** A change with its message as it is now, or with the ids of one that was erased. */
export const presentChange = (row: ChangeRow): object => ({
  agent: row.agent_id,
  position: row.position,
  kind: row.kind,
  message: row.is_erased
    ? { agent: row.agent_id, conversation_id: row.conversation_id, message_id: row.id }
    : presentMessage(row),
});
