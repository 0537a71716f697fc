/** The token counts of one usage report, named and ordered like the columns of the usage CSV. */
export const TOKEN_FIGURES = [
  'total_tokens',
  'prompt_tokens',
  'completion_tokens',
  'prompt_text_tokens',
  'prompt_audio_tokens',
  'completion_text_tokens',
  'completion_audio_tokens',
  'completion_reasoning_tokens',
] as const;

/** The credits of one usage report, named and ordered like the columns of the usage CSV. */
export const CREDIT_FIGURES = [
  'total_credits',
  'text_input_credits',
  'text_output_credits',
  'audio_input_credits',
  'audio_output_credits',
] as const;

/** All thirteen figures. The order is also that of the bits in `usage_entry.reporters_gained` and `…_lost`. */
export const FIGURES = [...TOKEN_FIGURES, ...CREDIT_FIGURES] as const;

export type TokenFigure = (typeof TOKEN_FIGURES)[number];
export type CreditFigure = (typeof CREDIT_FIGURES)[number];

/**
 * What one message used; `null` is "never reported", which is not zero.
 *
 * Tokens are `bigint` because a total derived from two reported counts can reach 2^54 - 2, where a number
 * would round. Credits are canonical plain decimals (see `decimal.ts`) and never pass through a number.
 */
export type Figures = Record<TokenFigure, bigint | null> & Record<CreditFigure, string | null>;
