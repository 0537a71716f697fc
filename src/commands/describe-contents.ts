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
