import { addDecimals } from '../ledger/decimal.js';
import { CREDIT_FIGURES, type Figures, TOKEN_FIGURES } from '../ledger/figures.js';
import type { UsageDto } from './delivery.dto.js';
import { credits, tokenCount } from './values.js';

export interface Usage {
  /** As reported, except that a total which was not reported is the sum of its parts. */
  figures: Figures;
  /** A reported total differs from the sum of its parts. */
  totalsMismatched: boolean;
}

/** The figures of a validated usage, or `null` if it reports none at all. */
export function readUsage(usage: UsageDto | undefined): Usage | null {
  if (usage === undefined) return null;
  const figures = reportedFigures(usage);
  if (isEmpty(figures)) return null;

  const totalTokens = sumOfTokens(figures);
  const totalCredits = sumOfCredits(figures);
  const totalsMismatched =
    differ(figures.total_tokens, totalTokens) || differ(figures.total_credits, totalCredits);
  figures.total_tokens ??= totalTokens;
  figures.total_credits ??= totalCredits;
  return { figures, totalsMismatched };
}

function reportedFigures({ tokens, credits: sent }: UsageDto): Figures {
  const prompt = tokens?.prompt_tokens_details;
  const completion = tokens?.completion_tokens_details;
  return {
    total_tokens: tokenCount(tokens?.total_tokens),
    prompt_tokens: tokenCount(tokens?.prompt_tokens),
    completion_tokens: tokenCount(tokens?.completion_tokens),
    prompt_text_tokens: tokenCount(prompt?.text_tokens),
    prompt_audio_tokens: tokenCount(prompt?.audio_tokens),
    completion_text_tokens: tokenCount(completion?.text_tokens),
    completion_audio_tokens: tokenCount(completion?.audio_tokens),
    completion_reasoning_tokens: tokenCount(completion?.reasoning_tokens),
    total_credits: credits(sent?.total_credits),
    text_input_credits: credits(sent?.text_input_credits),
    text_output_credits: credits(sent?.text_output_credits),
    audio_input_credits: credits(sent?.audio_input_credits),
    audio_output_credits: credits(sent?.audio_output_credits),
  };
}

function isEmpty(figures: Figures): boolean {
  return (
    TOKEN_FIGURES.every((name) => figures[name] === null) &&
    CREDIT_FIGURES.every((name) => figures[name] === null)
  );
}

/** Prompt plus completion, if both were reported: one of them alone says nothing about the total. */
function sumOfTokens({ prompt_tokens, completion_tokens }: Figures): bigint | null {
  return prompt_tokens === null || completion_tokens === null ? null : prompt_tokens + completion_tokens;
}

/** The sum of the credits that were reported: a kind that was not used is often left out. */
function sumOfCredits(figures: Figures): string | null {
  const parts = CREDIT_FIGURES.filter((name) => name !== 'total_credits')
    .map((name) => figures[name])
    .filter((part) => part !== null);
  return parts.length > 0 ? addDecimals(...parts) : null;
}

function differ<T>(reported: T | null, sum: T | null): boolean {
  return reported !== null && sum !== null && reported !== sum;
}
