import { randomUUID } from 'node:crypto';
import { hashToken } from '../../../src/access/token.js';
import type { Json, TestApp } from '../../harness.js';

export interface SentMessage {
  agent: string;
  conversation_id: string;
  message_id: string;
  /** Milliseconds since 1970. */
  create_time: number;
  message_type: 'ANSWER' | 'QUESTION';
  components: string[];
  /** Null: the body has no usage. */
  credits: string | null;
  tokens: number | null;
}

export const ingestToken = (agent: string) => `ingest-token-of-${agent}`;
export const readToken = (agent: string) => `read-token-of-${agent}`;

/** Makes an agent with a key to send and a key to read. */
export async function addAgent({ database }: TestApp, id: string): Promise<void> {
  const { prisma } = database;
  await prisma.agent.upsert({ where: { id }, create: { id, name: id }, update: {} });
  for (const [scope, token] of [
    ['ingest', ingestToken(id)],
    ['read', readToken(id)],
  ] as const) {
    const tokenHash = Uint8Array.from(hashToken(token));
    await prisma.apiKey.create({
      data: { id: randomUUID(), tokenHash, hint: '…', label: scope, scopes: [scope], agentId: id },
    });
  }
}

export const send = (app: TestApp, agent: string, body: unknown): Promise<Response> =>
  app.send(body, { headers: { authorization: `Bearer ${ingestToken(agent)}` } });

export async function sendMessage(app: TestApp, message: SentMessage): Promise<void> {
  const { agent, components, credits, tokens, ...ids } = message;
  const body = {
    ...ids,
    output: components.map((from_component_name) => ({ from_component_name, content: { text: 'x' } })),
    ...(credits === null && tokens === null
      ? {}
      : { usage: { tokens: { total_tokens: tokens }, credits: { total_credits: credits } } }),
  };
  const answer = await send(app, agent, body);
  if (answer.status !== 200) throw new Error(await answer.text());
}

export const address = (path: string, parameters: Record<string, string | number | undefined>) => {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) given.append(name, String(value));
  }
  return `${path}?${given}`;
};

/** Every page of a list, one after the other; `meanwhile` runs beside each of them. */
export async function walk(
  app: TestApp,
  path: string,
  parameters: Record<string, string | number | undefined>,
  { token, meanwhile }: { token?: string; meanwhile?: () => Promise<unknown> } = {},
): Promise<Json[]> {
  const rows: Json[] = [];
  let cursor: string | undefined;
  do {
    const [{ status, body }] = await Promise.all([
      app.get(address(path, { ...parameters, cursor }), token),
      meanwhile?.(),
    ]);
    if (status !== 200) throw new Error(JSON.stringify(body));
    rows.push(...body.data);
    cursor = body.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return rows;
}

/** As PostgreSQL compares ids: by their bytes. */
export const bytewise = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
