import { IsOptional, IsString } from 'class-validator';
import type { RangeParameters } from './range.js';

/** A range of time as it is asked for; `readReportRange` and `readListRange` say what the words mean. */
export class TimeRangeQuery implements RangeParameters {
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
