import { IntersectionType } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayNotEmpty, ArrayUnique, IsIn, IsOptional, IsString, Matches } from 'class-validator';
import { IsWholeNumber } from '../../paging/page.js';
import { CsvQuery } from '../csv.js';
import { AgentQuery, IsStoredText } from '../history/history.dto.js';
import { BUCKETS, type Bucket } from '../time/bucket-edges.js';
import { TimeRangeQuery } from '../time/range.dto.js';
import { GROUPS, type Group } from './groups.js';

/** A range of time, of one agent or of all. */
export class RangeQuery extends IntersectionType(AgentQuery, TimeRangeQuery) {}

const GROUPS_EXPECTED = `must be one or more of ${GROUPS.join(', ')}, each once, with commas between`;

export class UsageQuery extends IntersectionType(RangeQuery, CsvQuery) {
  @IsStoredText(256)
  conversation_id?: string;

  @IsOptional()
  @IsIn(['ANSWER', 'QUESTION'], { message: 'must be ANSWER or QUESTION' })
  message_type?: 'ANSWER' | 'QUESTION';

  @IsOptional()
  @IsIn(BUCKETS, { message: `must be one of ${BUCKETS.join(', ')}` })
  bucket: Bucket = 'day';

  @IsOptional()
  @Transform(({ value }) => (typeof value === 'string' ? value.split(',') : []))
  @ArrayNotEmpty({ message: GROUPS_EXPECTED })
  @ArrayUnique({ message: GROUPS_EXPECTED })
  @IsIn(GROUPS, { each: true, message: GROUPS_EXPECTED })
  group_by?: Group[];

  @IsOptional()
  @IsIn(['start', 'credits'], { message: 'must be start or credits' })
  sort: 'start' | 'credits' = 'start';

  @IsOptional()
  @IsString({ message: 'must be given once' })
  as_of?: string;

  @IsOptional()
  @IsIn(['json', 'csv'], { message: 'must be json or csv' })
  format: 'json' | 'csv' = 'json';

  /** Absent: 1,000, or all of them where the answer is a CSV. */
  @IsWholeNumber(1, 1000)
  limit?: number;

  @IsOptional()
  @Matches(/^[\w-]+$/, { message: 'must be the next_cursor of an earlier page of this same question' })
  cursor?: string;
}
