import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

const DECIMAL = '^-?\\d+(\\.\\d*[1-9])?$';

/** What the answers look like, for the API's document. The presenters make them. */
const Count = (example: number, description?: string) =>
  ApiProperty({ type: 'integer', minimum: 0, example, ...(description ? { description } : {}) });
/** A correction may be negative. */
const Tokens = (example: number) => ApiProperty({ type: 'integer', nullable: true, example });
const Credits = (example: string) => ApiProperty({ type: String, nullable: true, pattern: DECIMAL, example });

class PromptTokensDetails {
  @Tokens(1490) text_tokens: bigint | null;
  @Tokens(0) audio_tokens: bigint | null;
}

class CompletionTokensDetails {
  @Tokens(30) text_tokens: bigint | null;
  @Tokens(0) audio_tokens: bigint | null;
  @Tokens(12) reasoning_tokens: bigint | null;
}

class TokensUsed {
  @Tokens(1532) total_tokens: bigint | null;
  @Tokens(1490) prompt_tokens: bigint | null;
  @Tokens(42) completion_tokens: bigint | null;
  @ApiProperty({ type: PromptTokensDetails, nullable: true })
  prompt_tokens_details: PromptTokensDetails | null;
  @ApiProperty({ type: CompletionTokensDetails, nullable: true })
  completion_tokens_details: CompletionTokensDetails | null;
}

class CreditsUsed {
  @Credits('0.3183') total_credits: string | null;
  @Credits('0.298') text_input_credits: string | null;
  @Credits('0.0203') text_output_credits: string | null;
  @Credits('0') audio_input_credits: string | null;
  @Credits('0') audio_output_credits: string | null;
}

/** Null is what was never reported: a figure, a group of them, or the whole. */
export class Usage {
  @ApiProperty({ type: TokensUsed, nullable: true }) tokens: TokensUsed | null;
  @ApiProperty({ type: CreditsUsed, nullable: true }) credits: CreditsUsed | null;
}

export class Cost {
  @ApiProperty({ example: 'USD', description: 'ISO 4217' }) currency: string;
  @ApiProperty({ type: String, pattern: DECIMAL, example: '1.23' }) amount: string;
}

export class UsageTotals {
  @Count(128) messages: bigint;
  @Count(126) messages_with_usage: bigint;
  @ApiProperty({ type: Usage, nullable: true }) usage: Usage | null;
  @ApiProperty({
    type: [Cost],
    description:
      'By the price per credit of each local day, unrounded. Empty without a price or without credits.',
  })
  cost: Cost[];
}

const LocalInstant = (example: string) => ApiProperty({ type: String, format: 'date-time', example });

class UsageRow extends UsageTotals {
  @LocalInstant('2026-10-01T00:00:00.000+02:00') start: string;
  @LocalInstant('2026-10-02T00:00:00.000+02:00') end: string;
  @ApiPropertyOptional({ example: 'default', description: 'Where grouped by agent or conversation.' })
  agent?: string;
  @ApiPropertyOptional({ example: '657303a8a764d47094874bbe', description: 'Where grouped by conversation.' })
  conversation_id?: string;
  @ApiPropertyOptional({ enum: ['ANSWER', 'QUESTION'], description: 'Where grouped by message_type.' })
  message_type?: string;
}

class Completeness {
  @Count(2, 'Answers only: a question is not expected to come with usage.') messages_without_usage: bigint;
  @Count(1) corrections: bigint;
  @Count(0, 'Bodies that wait in quarantine, by their arrival.') quarantined: bigint;
  @Count(0, 'Messages whose revision gave another time or type, which was not followed.') redated: bigint;
  @Count(0, 'Messages whose reported total differs from the sum of its parts.') totals_mismatched: bigint;
  @ApiProperty({
    type: [String],
    example: [],
    description:
      'Agents whose usage grows along their conversations like a running sum, and is then summed too often.',
  })
  looks_cumulative: string[];
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-10-31T22:59:58.120Z' })
  last_delivery_at: string | null;
  @ApiProperty({
    type: String,
    pattern: DECIMAL,
    example: '0',
    description:
      'The sum of credits in the range for which no price holds, "0" if there are none. `cost` leaves them out.',
  })
  unpriced_credits: string;
}

export class UsageReportAnswer {
  @LocalInstant('2026-10-01T00:00:00.000+02:00') from: string;
  @LocalInstant('2026-11-01T00:00:00.000+01:00') to: string;
  @ApiProperty({ example: 'Europe/Berlin' }) tz: string;
  @ApiProperty({ example: 'day' }) bucket: string;
  @ApiProperty({ type: [String], example: [] }) group_by: string[];
  @ApiProperty({ type: UsageTotals }) totals: UsageTotals;
  @ApiProperty({ type: [UsageRow] }) data: UsageRow[];
  @ApiProperty({ type: Completeness }) completeness: Completeness;
  @ApiProperty({ type: String, nullable: true, example: null }) next_cursor: string | null;
}
