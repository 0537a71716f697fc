import { IsIn, IsOptional, IsString } from 'class-validator';
import { AgentQuery } from '../history/history.dto.js';

/** A range of time as it is asked for; `readRange` says what the words mean. */
export class RangeQuery extends AgentQuery {
  @IsOptional()
  @IsString({ message: 'must be given once' })
  from?: string;

  @IsOptional()
  @IsString({ message: 'must be given once' })
  to?: string;

  @IsOptional()
  @IsString({ message: 'must be given once' })
  period?: string;

  @IsOptional()
  @IsString({ message: 'must be given once' })
  tz?: string;
}

export class UsageQuery extends RangeQuery {
  @IsOptional()
  @IsIn(['none', 'day'], { message: 'must be none or day' })
  bucket: 'none' | 'day' = 'day';
}
