import type pg from 'pg';
import type { Outcome } from '../delivery.js';
import type { DeliveryRow } from '../rest-rows.js';

/**
 * What may wait in one agent's quarantine. Past it, bodies that would have to wait are told 503 and not promised,
 * since none that was promised may be dropped to make room; bodies that can be read are stored as ever.
 */
export const QUARANTINE_BOUND = { deliveries: 1_000_000, bytes: 2 * 1024 * 1024 * 1024 };

export interface Room {
  /** What each agent has waiting, by its id. */
  sizes: Map<string, { deliveries: number; bytes: number }>;
  /** For bodies whose very bytes wait already: the delivery that holds them, by `agent/sha256`. */
  holders: Map<string, string>;
}

/** Read under the writer's lock, and only where a batch has something to refuse. */
export async function readRoom(client: pg.ClientBase, refused: DeliveryRow[]): Promise<Room> {
  const agents = refused.map(({ agent_id }) => agent_id);
  const sizes = await client.query<{ agent_id: string; deliveries: string; bytes: string }>(
    'select agent_id, deliveries, bytes from quarantine_size where agent_id = any ($1::text[])',
    [agents],
  );
  const holders = await client.query<{ agent_id: string; sha256: string; id: string }>({
    name: 'read-holders',
    text: `select d.agent_id, encode(d.sha256, 'hex') as sha256, d.id::text
           from (select distinct * from unnest($1::text[], $2::text[])) as r (agent_id, sha256)
           join delivery d on d.agent_id = r.agent_id and d.sha256 = decode(r.sha256, 'hex')
           where d.quarantine = 'waiting' and d.body is not null`,
    values: [agents, refused.map(({ sha256 }) => sha256)],
  });
  return {
    sizes: new Map(
      sizes.rows.map((row) => [
        row.agent_id,
        { deliveries: Number(row.deliveries), bytes: Number(row.bytes) },
      ]),
    ),
    holders: new Map(holders.rows.map((row) => [`${row.agent_id}/${row.sha256}`, row.id])),
  };
}

/**
 * Takes out of `rows` what has no room, whose outcomes become `no-room`, and out of the rest the bytes that are held
 * already. `outcomes` and `ids` belong to the deliveries of the batch, in their order.
 */
export function fitInto(
  room: Room,
  rows: { deliveries: DeliveryRow[] },
  outcomes: Outcome[],
  ids: string[],
): Outcome[] {
  const without = new Set<string>();
  for (const row of rows.deliveries.filter(({ quarantine }) => quarantine === 'waiting')) {
    const name = `${row.agent_id}/${row.sha256}`;
    const holder = room.holders.get(name);
    const size = room.sizes.get(row.agent_id) ?? { deliveries: 0, bytes: 0 };
    if (holder !== undefined && row.once) {
      without.add(row.id);
      continue;
    }
    const bytes = holder === undefined ? row.bytes : 0;
    if (size.deliveries >= QUARANTINE_BOUND.deliveries || size.bytes + bytes > QUARANTINE_BOUND.bytes) {
      without.add(row.id);
      continue;
    }
    room.sizes.set(row.agent_id, { deliveries: size.deliveries + 1, bytes: size.bytes + bytes });
    if (holder === undefined) {
      room.holders.set(name, row.id);
      continue;
    }
    row.body = null;
    row.body_in = holder;
  }
  rows.deliveries = rows.deliveries.filter(({ id }) => !without.has(id));
  return outcomes.map((outcome, index) => (without.has(ids[index]!) ? { kind: 'no-room' } : outcome));
}
