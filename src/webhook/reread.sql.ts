import type pg from 'pg';
import { FIGURES } from '../ledger/figures.js';
import type { KeptBody, KeptMessage } from './reread.js';
import type { KnownMessage } from './rest-rows.js';

/** Which messages are to be read again: of one agent or all, from an instant of `create_time` on. */
export interface Scope {
  agent: string | null;
  from: Date | null;
}

/** The messages of a scope, agent by agent, oldest first. */
export async function* messageIds(
  client: pg.ClientBase,
  { agent, from }: Scope,
  size: number,
): AsyncGenerator<{ agent: string; ids: string[] }> {
  const agents = await client.query<{ id: string }>(
    'select id from agent where $1::text is null or id = $1 order by id',
    [agent],
  );
  for (const { id } of agents.rows) {
    let after: [Date | string, string] = [from ?? '-infinity', ''];
    for (;;) {
      const { rows } = await client.query<{ id: string; create_time: Date }>(
        `select id, create_time from message where agent_id = $1 and (create_time, id) > ($2::timestamptz, $3)
         order by create_time, id limit $4`,
        [id, ...after, size],
      );
      const last = rows.at(-1);
      if (!last) break;
      yield { agent: id, ids: rows.map((row) => row.id) };
      after = [last.create_time, last.id];
    }
  }
}

export async function countMessages(client: pg.ClientBase, { agent, from }: Scope): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::float8 as count from message
     where ($1::text is null or agent_id = $1) and create_time >= coalesce($2::timestamptz, '-infinity')`,
    [agent, from],
  );
  return rows[0]!.count;
}

/** Messages with their pieces and all bodies they came from. */
export async function keptMessages(
  client: pg.ClientBase,
  agent: string,
  ids: string[],
): Promise<KeptMessage[]> {
  const messages = await client.query<{ message: KnownMessage; pieces: (string | null)[][] }>(
    `select json_build_object(
        'agent_id', m.agent_id, 'id', m.id, 'conversation_id', m.conversation_id, 'message_type', m.message_type,
        'create_time', m.create_time, 'received_at', m.received_at, 'text', m.text,
        'revision', m.revision, 'delivery_id', m.delivery_id, 'has_usage', m.has_usage,
        'totals_mismatched', m.totals_mismatched, 'redated', m.redated, 'erased_at', m.erased_at,
        'figures', array[${FIGURES.map((name) => `trim_scale(m.${name}::numeric)::text`).join(', ')}]) as message,
      (select coalesce(json_agg(json_build_array(f.from_component_name, f.from_component_branch, f.text, f.audio::text, f.more::text)
                                order by f.position), '[]')
       from flow_output f where f.agent_id = m.agent_id and f.message_id = m.id) as pieces
     from message m where m.agent_id = $1 and m.id = any ($2) order by m.create_time, m.id`,
    [agent, ids],
  );
  const bodies = await client.query<KeptBody & { messageId: string }>(
    `select c.message_id as "messageId", c.delivery_id as "deliveryId",
            coalesce(d.quarantine = 'stored', false) as "isReplay", d.body
     from change c left join delivery d on d.agent_id = c.agent_id and d.message_id = c.message_id and d.id = c.delivery_id
     where c.agent_id = $1 and c.message_id = any ($2) and (c.sha256 is not null or c.kind = 'erased')
     order by c.position`,
    [agent, ids],
  );
  const bodiesOf = new Map<string, KeptMessage['bodies']>(ids.map((id) => [id, []]));
  for (const { messageId, ...body } of bodies.rows) bodiesOf.get(messageId)?.push(body);
  return messages.rows.map(({ message, pieces }) => ({
    message,
    pieces,
    bodies: bodiesOf.get(message.id) ?? [],
  }));
}
