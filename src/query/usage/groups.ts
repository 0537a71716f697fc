/** What usage can be divided by, beside time. */
export const GROUPS = ['agent', 'conversation', 'message_type'] as const;
export type Group = (typeof GROUPS)[number];

/** The columns of a division, as they stand in tables. */
export type GroupColumn = 'agent_id' | 'conversation_id' | 'message_type';

const COLUMN: Record<Group, GroupColumn> = {
  agent: 'agent_id',
  conversation: 'conversation_id',
  message_type: 'message_type',
};

/** What they are called outside. */
export const GROUP_NAMES: Record<GroupColumn, string> = {
  agent_id: 'agent',
  conversation_id: 'conversation_id',
  message_type: 'message_type',
};

/**
 * The columns to group by, in the order they were asked for. Two agents may have a conversation of the same id, so the
 * agent comes before a conversation unless it was named itself.
 */
export function groupColumns(groups: readonly Group[]): GroupColumn[] {
  return groups.flatMap((group) =>
    group === 'conversation' && !groups.includes('agent') ? [COLUMN.agent, COLUMN[group]] : [COLUMN[group]],
  );
}
