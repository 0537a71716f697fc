/** The row that a page begins after: its agent and id. What it is sorted by comes before these. */
export interface AfterRow {
  agent: string;
  id: string;
}

/** What sorts before and after every id of a kind. */
export interface IdBounds {
  first: string;
  last: string;
}

/** No id of a message or a conversation has more than 256 characters. */
const TEXT_IDS: IdBounds = { first: '', last: '\u{10FFFF}'.repeat(257) };

export const UUIDS: IdBounds = {
  first: '00000000-0000-0000-0000-000000000000',
  last: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
};

/**
 * Lists are sorted by a key, then agent, then id, but an index begins with the agent, so each agent's part is read by
 * itself and the parts are merged. For each agent this is the id to compare with so that, of the rows that share the
 * key of the last row, exactly those on the far side of it are found, in either direction.
 */
export function idsToCompare(
  agents: string[],
  after: AfterRow | null,
  { first, last }: IdBounds = TEXT_IDS,
): string[] {
  return agents.map((agent) => {
    if (!after) return first;
    if (agent === after.agent) return after.id;
    return agent > after.agent ? first : last;
  });
}
