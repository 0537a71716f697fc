/** The row that a page begins after: its agent and id. What it is sorted by comes before these. */
export interface AfterRow {
  agent: string;
  id: string;
}

/** Sorts after every id: none has more than 256 characters. */
const BEHIND_ALL_IDS = '\u{10FFFF}'.repeat(257);

/**
 * Lists are sorted by a key, then agent, then id, but an index begins with the agent, so each agent's part is read by
 * itself and the parts are merged. For each agent this is the id to compare with so that, of the rows that share the
 * key of the last row, exactly those on the far side of it are found, in either direction.
 */
export function idsToCompare(agents: string[], after: AfterRow | null): string[] {
  return agents.map((agent) => {
    if (!after) return '';
    if (agent === after.agent) return after.id;
    return agent > after.agent ? '' : BEHIND_ALL_IDS;
  });
}
