/** What the API answers. Counts beyond 2^53 arrive as bigint; credits and money are decimals in strings. */
export type Count = number | bigint;

export interface Tokens {
  total_tokens: Count | null;
  prompt_tokens: Count | null;
  completion_tokens: Count | null;
  prompt_tokens_details: { text_tokens: Count | null; audio_tokens: Count | null } | null;
  completion_tokens_details: {
    text_tokens: Count | null;
    audio_tokens: Count | null;
    reasoning_tokens: Count | null;
  } | null;
}

export interface Credits {
  total_credits: string | null;
  text_input_credits: string | null;
  text_output_credits: string | null;
  audio_input_credits: string | null;
  audio_output_credits: string | null;
}

export interface Usage {
  tokens: Tokens | null;
  credits: Credits | null;
}

export interface Page<Row> {
  data: Row[];
  next_cursor: string | null;
}

export interface Conversation {
  agent: string;
  conversation_id: string;
  first_message_at: string;
  last_message_at: string;
  messages: Count;
  usage: Usage | null;
  /** Of its newest hit, where something was looked for; `hits` are `[start, end)` in it. */
  snippet?: { text: string; hits: [number, number][] } | null;
}

export interface Piece {
  position: number;
  from_component_name: string | null;
  from_component_branch: string | null;
  content: { text?: string | null; audio?: unknown; [kind: string]: unknown };
}

export interface Message {
  agent: string;
  conversation_id: string;
  message_id: string;
  message_type: string;
  text: string | null;
  create_time: string;
  received_at: string;
  revision: number;
  output: Piece[];
  usage: Usage | null;
}

export interface MessageDelivery {
  delivery_id: string;
  received_at: string;
  outcome: string;
  sha256: string;
  body?: string | null;
  body_base64?: string;
}

export interface Money {
  currency: string;
  amount: string;
}

export interface Figures {
  messages: Count;
  messages_with_usage: Count;
  usage: Usage | null;
  cost: Money[];
}

export interface UsageRow extends Figures {
  start: string;
  end: string;
  agent?: string;
  conversation_id?: string;
  message_type?: string;
}

export interface Completeness {
  messages_without_usage: Count;
  corrections: Count;
  quarantined: Count;
  redated: Count;
  totals_mismatched: Count;
  looks_cumulative: string[];
  last_delivery_at: string | null;
  /** The credits for which no price holds; not in documents of earlier versions. */
  unpriced_credits?: string;
}

export interface UsageReport {
  from: string;
  to: string;
  tz: string;
  totals: Figures;
  data: UsageRow[];
  completeness: Completeness;
  next_cursor: string | null;
}

export interface Statement {
  id: string;
  period: string;
  tz: string;
  agent: string | null;
  closed_at: string;
  closed_by: unknown;
  replaces: string | null;
  replaced_by: string | null;
  sha256: string;
  reason: string | null;
  /** What was counted, what it cost, and how it compares with the invoice. */
  credits: string | null;
  cost: Money[];
  invoiced_credits: string | null;
  difference: string | null;
  document?: StatementDocument;
  restatements?: Entry[];
  restated_totals?: Figures;
}

/** What the file of a statement holds, as far as it is shown. */
export interface StatementDocument {
  totals: Figures;
  invoiced_credits: string | null;
  difference: string | null;
  completeness: Completeness;
  agents: UsageRow[];
  /** Not in documents of earlier versions. */
  tzdata?: string;
}

/** A booking in the ledger. */
export interface Entry {
  kind: 'usage' | 'correction';
  usage: Usage | null;
}

export interface Change {
  position: Count;
  kind: 'stored' | 'revised' | 'erased';
  message: Partial<Message> & { agent: string; message_id: string };
}

export interface FieldProblem {
  field: string;
  problem: string;
}

export interface Quarantined {
  delivery_id: string;
  agent: string;
  received_at: string;
  state: 'waiting' | 'stored' | 'dismissed';
  problems: FieldProblem[];
  message_id: string | null;
  bytes: Count;
  sha256: string;
  body?: string | null;
  body_base64?: string;
}

export interface Agent {
  id: string;
  name: string;
  on_invalid: 'reject' | 'accept';
}

export interface Price {
  from: string;
  currency: string;
  per_credit: string;
  recorded_at: string;
}

export interface ApiKey {
  key_id: string;
  label: string;
  scopes: string[];
  agent: string | null;
  hint: string;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  revoked_at: string | null;
  /** In the answer to the making of it, and never again. */
  token?: string;
}

/** Senders that were refused because no key has their token. */
export interface Refusal {
  lane: string;
  presented: 'nothing' | 'header' | 'path';
  count: Count;
  last_at: string;
  last_address: string;
}

export interface Session {
  key_id: string;
  label: string;
  scopes: string[];
  agent: string | null;
}
