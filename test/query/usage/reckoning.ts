/**
 * Usage as a person would add it up from the deliveries: no tables, no SQL, none of the application's code. Decimals are
 * whole numbers of 10^-60, so that a credit of 30 places times a price of 30 places is one too.
 */
const PLACES = 60;

export const TOKENS = [
  'total_tokens',
  'prompt_tokens',
  'completion_tokens',
  'prompt_text_tokens',
  'prompt_audio_tokens',
  'completion_text_tokens',
  'completion_audio_tokens',
  'completion_reasoning_tokens',
] as const;
export const CREDITS = [
  'total_credits',
  'text_input_credits',
  'text_output_credits',
  'audio_input_credits',
  'audio_output_credits',
] as const;
const NAMES = [...TOKENS, ...CREDITS];
type Name = (typeof NAMES)[number];
/** What one body reports; a figure that is not there was not reported. */
export type Reported = Partial<Record<Name, string>>;
type Sums = Partial<Record<Name, bigint>>;

export interface Sent {
  agent: string;
  conversation: string;
  id: string;
  type: 'ANSWER' | 'QUESTION';
  time: number;
  usage: Reported | null;
}

export interface Known extends Sent {
  figures: Sums | null;
  bodies: string[];
  corrections: number;
  redated: boolean;
  mismatched: boolean;
}

export interface Price {
  agent: string;
  from: string;
  currency: string;
  per: string;
}

export const scaled = (decimal: string): bigint => {
  const [whole = '', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(PLACES, '0'));
};

export const plain = (value: bigint): string => {
  const digits = String(value).padStart(PLACES + 1, '0');
  return `${digits.slice(0, -PLACES)}.${digits.slice(-PLACES)}`.replace(/\.?0+$/, '');
};

/** What is known after one more delivery. */
export function take(known: Map<string, Known>, sent: Sent): void {
  const key = `${sent.agent} ${sent.id}`;
  const body = JSON.stringify(sent);
  const before = known.get(key);
  if (before?.bodies.includes(body)) return;
  const reported = sent.usage && Object.keys(sent.usage).length > 0 ? withTotals(sent.usage) : null;
  if (!before) {
    known.set(key, {
      ...sent,
      figures: reported?.sums ?? null,
      bodies: [body],
      corrections: 0,
      redated: false,
      mismatched: reported?.mismatched ?? false,
    });
    return;
  }
  known.set(key, {
    ...before,
    bodies: [...before.bodies, body],
    redated: before.redated || before.time !== sent.time || before.type !== sent.type,
    mismatched: reported?.mismatched ?? before.mismatched,
    figures: reported?.sums ?? before.figures,
    corrections:
      before.corrections +
      (reported && before.figures && NAMES.some((name) => reported.sums[name] !== before.figures?.[name])
        ? 1
        : 0),
  });
}

function withTotals(usage: Reported): { sums: Sums; mismatched: boolean } {
  const sums: Sums = {};
  for (const name of NAMES) if (usage[name] !== undefined) sums[name] = scaled(usage[name]);
  const { prompt_tokens: prompt, completion_tokens: completion } = sums;
  const tokens = prompt !== undefined && completion !== undefined ? prompt + completion : undefined;
  const parts = CREDITS.slice(1).flatMap((name) => sums[name] ?? []);
  const credits = parts.length > 0 ? parts.reduce((a, b) => a + b) : undefined;
  const differ = (a?: bigint, b?: bigint) => a !== undefined && b !== undefined && a !== b;
  const mismatched = differ(sums.total_tokens, tokens) || differ(sums.total_credits, credits);
  sums.total_tokens ??= tokens;
  sums.total_credits ??= credits;
  for (const name of NAMES) if (sums[name] === undefined) delete sums[name];
  return { sums, mismatched };
}

/** The sums of some messages, in the shape of the answer. */
export function sumUp(messages: Known[], prices: Price[], dayOf: (time: number) => string) {
  const sums: Sums = {};
  const cost = new Map<string, bigint>();
  for (const { figures, agent, time } of messages) {
    for (const name of NAMES)
      if (figures?.[name] !== undefined) sums[name] = (sums[name] ?? 0n) + figures[name];
    if (figures?.total_credits === undefined) continue;
    const price = priceOf(prices, agent, dayOf(time));
    if (price === null) continue;
    // Both factors are of 10^-60, and have 30 places each.
    const amount = (figures.total_credits * scaled(price.per)) / 10n ** BigInt(PLACES);
    cost.set(price.currency, (cost.get(price.currency) ?? 0n) + amount);
  }
  return {
    messages: BigInt(messages.length),
    messages_with_usage: BigInt(messages.filter(({ figures }) => figures).length),
    usage: usageOf(sums),
    cost: [...cost].sort().map(([currency, amount]) => ({ currency, amount: plain(amount) })),
  };
}

/** The sum of the credits for which no price holds. */
export function unpricedOf(messages: Known[], prices: Price[], dayOf: (time: number) => string): string {
  const unpriced = messages.filter(({ agent, time }) => priceOf(prices, agent, dayOf(time)) === null);
  return plain(unpriced.reduce((sum, { figures }) => sum + (figures?.total_credits ?? 0n), 0n));
}

/** One price holds per agent and day: that of the latest `from` up to it, of several the one added last. */
function priceOf(prices: Price[], agent: string, day: string): Price | null {
  let found: Price | null = null;
  for (const price of prices) {
    if (price.agent !== agent || price.from > day) continue;
    if (!found || price.from >= found.from) found = price;
  }
  return found;
}

function usageOf(sums: Sums) {
  const whole = (name: Name) => (sums[name] === undefined ? null : sums[name] / 10n ** BigInt(PLACES));
  const orNull = <T extends object>(members: T) =>
    Object.values(members).every((member) => member === null) ? null : members;
  const tokens = orNull({
    total_tokens: whole('total_tokens'),
    prompt_tokens: whole('prompt_tokens'),
    completion_tokens: whole('completion_tokens'),
    prompt_tokens_details: orNull({
      text_tokens: whole('prompt_text_tokens'),
      audio_tokens: whole('prompt_audio_tokens'),
    }),
    completion_tokens_details: orNull({
      text_tokens: whole('completion_text_tokens'),
      audio_tokens: whole('completion_audio_tokens'),
      reasoning_tokens: whole('completion_reasoning_tokens'),
    }),
  });
  const credits = orNull(
    Object.fromEntries(CREDITS.map((name) => [name, sums[name] === undefined ? null : plain(sums[name])])),
  );
  return orNull({ tokens, credits });
}

/** The body as the sender would post it. Credits as texts: JSON.stringify would blur them. */
export function bodyOf({ conversation, id, type, time, usage }: Sent): object {
  const number = (name: Name) => (usage?.[name] === undefined ? undefined : Number(usage[name]));
  return {
    conversation_id: conversation,
    message_id: id,
    message_type: type,
    create_time: time,
    usage: usage && {
      tokens: {
        total_tokens: number('total_tokens'),
        prompt_tokens: number('prompt_tokens'),
        completion_tokens: number('completion_tokens'),
        prompt_tokens_details: {
          text_tokens: number('prompt_text_tokens'),
          audio_tokens: number('prompt_audio_tokens'),
        },
        completion_tokens_details: {
          text_tokens: number('completion_text_tokens'),
          audio_tokens: number('completion_audio_tokens'),
          reasoning_tokens: number('completion_reasoning_tokens'),
        },
      },
      credits: Object.fromEntries(CREDITS.map((name) => [name, usage[name]])),
    },
  };
}
