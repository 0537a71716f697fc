import { createHash, randomUUID } from 'node:crypto';
import { parse } from 'lossless-json';
import { ADMIN, type Json, startTestApp, type TestApp } from '../../harness.js';

/** An application with several agents, and answers whose whole numbers are exact. */
export interface Archive {
  app: TestApp;
  /** Waits for the 200; another answer is an error. */
  deliver: (agent: string, body: object) => Promise<void>;
  price: (agent: string, from: string, currency: string, perCredit: string) => Promise<void>;
  /** The clock of the database, RFC 3339, once it has moved on since the last call. */
  instant: () => Promise<string>;
  /** An answer of 200 with all numbers as bigints. */
  ask: (query: string) => Promise<Json>;
  askCsv: (query: string) => Promise<string>;
  /** The answer's status and the fields it finds fault with. */
  faults: (query: string, token?: string) => Promise<[number, ...string[]]>;
  empty: () => Promise<void>;
}

export async function openArchive(agents: string[]): Promise<Archive> {
  const app = await startTestApp();
  const { pool } = app.database;
  for (const agent of agents) {
    await pool.query('insert into agent (id, name) values ($1, $1) on conflict do nothing', [agent]);
    await pool.query(
      `insert into api_key (id, token_hash, hint, label, scopes, agent_id) values ($1, $2, '', $3, '{ingest,read}', $3)`,
      [randomUUID(), createHash('sha256').update(tokenOf(agent)).digest(), agent],
    );
  }
  const fetchUsage = (query: string, token = ADMIN) =>
    fetch(`${app.url}/v1/usage?${query}`, { headers: { authorization: `Bearer ${token}` } });
  const ask = async (query: string) => {
    const answer = await fetchUsage(query);
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${query}: ${text}`);
    return text;
  };
  return {
    app,
    deliver: async (agent, body) => {
      const answer = await app.send(body, { headers: { authorization: `Bearer ${tokenOf(agent)}` } });
      if (answer.status !== 200) throw new Error(await answer.text());
    },
    price: async (agent, from, currency, perCredit) => {
      await pool.query(
        `with now as (
           update ledger_state
           set recorded_at = greatest(date_trunc('milliseconds', clock_timestamp()), recorded_at + interval '1 millisecond')
           returning recorded_at
         )
         insert into credit_price (agent_id, from_day, currency, per_credit, recorded_at)
         select $1, $2, $3, $4, recorded_at from now`,
        [agent, from, currency, perCredit],
      );
    },
    instant: async () => {
      await pool.query('select pg_sleep(0.002)');
      const { rows } = await pool.query(`select date_trunc('milliseconds', clock_timestamp()) as now`);
      await pool.query('select pg_sleep(0.002)');
      return rows[0].now.toISOString();
    },
    ask: async (query) => parse(await ask(query), undefined, BigInt),
    askCsv: ask,
    faults: async (query, token) => {
      const answer = await fetchUsage(query, token);
      const { errors = [] } = (await answer.json()) as Json;
      return [answer.status, ...errors.map(({ field }: { field: string }) => field)];
    },
    empty: async () => {
      // The database forbids to empty the ledger; only a test may, by leaving the triggers out.
      await pool.query(
        'begin; set local session_replication_role = replica; truncate change, usage_entry, flow_output, message, conversation, usage_bucket, delivery, credit_price cascade; commit',
      );
    },
  };
}

export const tokenOf = (agent: string) => `token-of-the-agent-${agent}`;

/** All rows of a question, page by page, and its first page. */
export async function walk(
  archive: Archive,
  query: string,
  limit: number,
): Promise<{ first: Json; data: Json[] }> {
  const first = await archive.ask(`${query}&limit=${limit}`);
  const data = [...first.data];
  for (let page = first; page.next_cursor !== null; ) {
    page = await archive.ask(`${query}&limit=${limit}&cursor=${page.next_cursor}`);
    expect(page.totals).toEqual(first.totals);
    expect({ ...page.completeness }).toEqual(first.completeness);
    expect(page.data.length).toBeGreaterThan(0);
    data.push(...page.data);
  }
  return { first, data };
}
