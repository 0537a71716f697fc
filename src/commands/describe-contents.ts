import type pg from 'pg';

/**
 * What a database holds, so that an operator notices a command that ran on the wrong one: in how many messages, and from
 * when the newest is. What was erased counts no longer.
 */
export async function describeContents(client: pg.ClientBase): Promise<string> {
  const { rows: tables } = await client.query<{ found: boolean }>(
    `select to_regclass('conversation') is not null as found`,
  );
  if (!tables[0]?.found) return 'It has no tables of Convoledger.';
  const { rows } = await client.query<{ messages: string; newest: Date | null }>(
    `select coalesce(sum(messages), 0)::text as messages,
       max(last_message_at) filter (where messages > 0) as newest from conversation`,
  );
  const { messages, newest } = rows[0]!;
  if (newest === null) return 'It holds no messages.';
  return `Messages in it: ${messages}, the newest from ${newest.toISOString()}.`;
}

export interface Verified {
  /** What was looked at, in a sentence. */
  checked: string;
  /** A sentence where there was nothing to look at, else null. */
  emptiness: string | null;
}

/** What `npm run verify` had to look at. */
export async function describeVerified(client: pg.ClientBase): Promise<Verified> {
  const { rows } = await client.query<{
    messages: string;
    erased: string;
    entries: string;
    statements: string;
    has_deliveries: boolean;
    has_keys: boolean;
  }>(
    `select (select count(*) from message)::text as messages,
       (select count(*) from message where erased_at is not null)::text as erased, (select count(*) from usage_entry)::text as entries,
       (select count(*) from statement)::text as statements, exists (select from delivery) as has_deliveries,
       exists (select from api_key) as has_keys`,
  );
  const { messages, erased, entries, statements, has_deliveries, has_keys } = rows[0]!;
  return {
    checked: `Checked: messages: ${messages}${erased === '0' ? '' : ` (${erased} of them erased)`}, ledger entries: ${entries}, statements: ${statements}.`,
    emptiness:
      has_deliveries || messages !== '0' || statements !== '0' ? null : has_keys ? EMPTY : NOT_STARTED,
  };
}

const EMPTY = 'The instance is empty: no messages, no deliveries, no statements.';
/** A start makes keys, and a backup brings them. */
const NOT_STARTED = `${EMPTY} Convoledger was never started on it: if a backup was to be restored, that was not completed, so restore it again.`;
