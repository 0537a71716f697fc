import { ValidateNested } from 'class-validator';
import {
  IsCreateTime,
  IsCredits,
  IsId,
  IsListOf,
  IsMessageType,
  IsPart,
  IsText,
  IsTokenCount,
} from './rules.js';

/**
 * The documented body (V2) with the values as they were sent, so a number may be a `number`, a `LosslessNumber` or
 * a string. `undefined` is absent. `more` holds what the sender's page does not describe; nothing judges it.
 */
type Sent = unknown;

export class TokenDetailsDto {
  @IsTokenCount() text_tokens: Sent;
  @IsTokenCount() audio_tokens: Sent;
  @IsTokenCount() reasoning_tokens: Sent;
}

export class TokensDto {
  @IsTokenCount() total_tokens: Sent;
  @IsTokenCount() prompt_tokens: Sent;
  @IsTokenCount() completion_tokens: Sent;
  @IsPart(TokenDetailsDto) @ValidateNested() prompt_tokens_details: TokenDetailsDto | undefined;
  @IsPart(TokenDetailsDto) @ValidateNested() completion_tokens_details: TokenDetailsDto | undefined;
}

export class CreditsDto {
  @IsCredits() total_credits: Sent;
  @IsCredits() text_input_credits: Sent;
  @IsCredits() text_output_credits: Sent;
  @IsCredits() audio_input_credits: Sent;
  @IsCredits() audio_output_credits: Sent;
}

export class UsageDto {
  @IsPart(TokensDto) @ValidateNested() tokens: TokensDto | undefined;
  @IsPart(CreditsDto) @ValidateNested() credits: CreditsDto | undefined;
}

export class AudioDto {
  @IsText() audio: string | undefined;
  @IsText() transcript: string | undefined;
  more: Record<string, unknown>;
}

export class ContentDto {
  @IsText() text: string | undefined;
  @IsListOf(AudioDto) @ValidateNested({ each: true }) audio: AudioDto[];
  more: Record<string, unknown>;
}

export class PieceDto {
  @IsText() from_component_name: string | undefined;
  @IsText() from_component_branch: string | undefined;
  @IsPart(ContentDto, 'must be a string or an object') @ValidateNested() content: ContentDto | undefined;
}

export class DeliveryDto {
  @IsId() conversation_id: string;
  @IsId() message_id: string;
  @IsCreateTime() create_time: Sent;
  @IsMessageType() message_type: 'ANSWER' | 'QUESTION' | undefined;
  @IsText() text: string | undefined;
  @IsListOf(PieceDto) @ValidateNested({ each: true }) output: PieceDto[];
  @IsPart(UsageDto) @ValidateNested() usage: UsageDto | undefined;
}
