/**
 * Seconds of UTC that a row of `usage_bucket` sums, the longest first. Every zone's offset since 2000 is a multiple of
 * the shortest, so that local hours, days, weeks and months of all of them are sums of whole rows; the longer ones make
 * them sums of few.
 */
export const SPANS = [86_400, 21_600, 3_600, 900] as const;

/** The span that all longer ones are added up from. */
export const SHORTEST_SPAN = 900;
