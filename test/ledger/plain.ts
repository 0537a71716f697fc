/** What happened to one agent, in order, as the test did it. Credits are millionths, prices thousandths. */
export type Happening =
  | { kind: 'delivered'; id: number; at: number; credits: bigint | null; tokens: bigint | null }
  | { kind: 'priced'; day: string; currency: string; thousandths: bigint };

export interface Plain {
  messages: number;
  withUsage: number;
  credits: string | null;
  tokens: bigint | null;
  cost: { currency: string; amount: string }[];
  /** The credits for which no price holds. */
  unpriced: string;
}

const dayFormats = new Map<string, Intl.DateTimeFormat>();

/** `2025-03-01`: the date on the wall. */
export function localDay(at: number, tz: string): string {
  const format = dayFormats.get(tz) ?? new Intl.DateTimeFormat('en-CA', { timeZone: tz });
  dayFormats.set(tz, format);
  return format.format(at);
}

/** A plain decimal of a whole number of 10^-places. */
export function decimal(value: bigint, places: number): string {
  const digits = String(value < 0n ? -value : value).padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -places)}${fraction && `.${fraction}`}`;
}

/**
 * Everything that happened up to a step, counted by going through it once: the first body says when, the last one that
 * reports usage says how much, and the last price for the latest day not after that day says what it costs, whatever the
 * currency of those before.
 */
export function count(happenings: Happening[], tz: string, keep: (day: string) => boolean): Plain {
  const messages = new Map<number, { day: string; credits: bigint | null; tokens: bigint | null }>();
  for (const step of happenings) {
    if (step.kind !== 'delivered') continue;
    const known = messages.get(step.id) ?? { day: localDay(step.at, tz), credits: null, tokens: null };
    const reports = step.credits !== null || step.tokens !== null;
    messages.set(step.id, reports ? { ...known, credits: step.credits, tokens: step.tokens } : known);
  }
  const counted = [...messages.values()].filter(({ day }) => keep(day));
  const cost = new Map<string, bigint>();
  let unpriced = 0n;
  for (const { day, credits } of counted) {
    if (credits === null) continue;
    const price = priceOf(happenings, day);
    if (price === null) unpriced += credits;
    else cost.set(price.currency, (cost.get(price.currency) ?? 0n) + credits * price.thousandths);
  }
  return {
    messages: counted.length,
    withUsage: counted.filter(({ credits, tokens }) => credits !== null || tokens !== null).length,
    credits: sumOf(
      counted.map(({ credits }) => credits),
      (sum) => decimal(sum, 6),
    ),
    tokens: sumOf(
      counted.map(({ tokens }) => tokens),
      (sum) => sum,
    ),
    cost: [...cost].sort().map(([currency, amount]) => ({ currency, amount: decimal(amount, 9) })),
    unpriced: decimal(unpriced, 6),
  };
}

function priceOf(happenings: Happening[], day: string): Extract<Happening, { kind: 'priced' }> | null {
  let latest: Extract<Happening, { kind: 'priced' }> | null = null;
  for (const step of happenings) {
    if (step.kind !== 'priced' || step.day > day) continue;
    if (!latest || step.day >= latest.day) latest = step;
  }
  return latest;
}

function sumOf<T>(values: (bigint | null)[], present: (sum: bigint) => T): T | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : present(known.reduce((sum, value) => sum + value, 0n));
}
