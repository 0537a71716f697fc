import type { FIGURES } from '../../ledger/figures.js';

/** Figures as PostgreSQL hands them out: tokens and credits as decimal texts, null where nobody reported one. */
export type FigureTexts = Record<FigureName, string | null>;
type FigureName = (typeof FIGURES)[number];

/**
 * The usage object of the API: tokens as integers of any size, credits as decimal strings. A group that holds nothing
 * reported is null, and so is the whole: unknown is not zero.
 */
export function presentUsage(figures: FigureTexts): object | null {
  const tokens = group({
    total_tokens: integer(figures.total_tokens),
    prompt_tokens: integer(figures.prompt_tokens),
    completion_tokens: integer(figures.completion_tokens),
    prompt_tokens_details: group({
      text_tokens: integer(figures.prompt_text_tokens),
      audio_tokens: integer(figures.prompt_audio_tokens),
    }),
    completion_tokens_details: group({
      text_tokens: integer(figures.completion_text_tokens),
      audio_tokens: integer(figures.completion_audio_tokens),
      reasoning_tokens: integer(figures.completion_reasoning_tokens),
    }),
  });
  const credits = group({
    total_credits: figures.total_credits,
    text_input_credits: figures.text_input_credits,
    text_output_credits: figures.text_output_credits,
    audio_input_credits: figures.audio_input_credits,
    audio_output_credits: figures.audio_output_credits,
  });
  return group({ tokens, credits });
}

/** A number wherever that is exact, since numbers are faster to make and to write. */
function integer(text: string | null): number | bigint | null {
  if (text === null) return null;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

function group<T extends object>(members: T): T | null {
  return Object.values(members).every((member) => member === null) ? null : members;
}
