import { IntersectionType } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches } from 'class-validator';
import { IsWholeNumber } from '../../paging/page.js';
import { CsvQuery } from '../csv.js';
import { IsStoredText } from '../history/history.dto.js';
import { RangeQuery } from '../usage/usage.dto.js';

/** Which entries of the ledger. */
class EntryFilter {
  @IsStoredText(256)
  conversation_id?: string;

  @IsStoredText(256)
  message_id?: string;

  @IsOptional()
  @IsString({ message: 'must be given once' })
  as_of?: string;
}

export class EntriesQuery extends IntersectionType(RangeQuery, EntryFilter, CsvQuery) {
  @IsOptional()
  @IsIn(['json', 'csv', 'ndjson'], { message: 'must be json, csv or ndjson' })
  format: 'json' | 'csv' | 'ndjson' = 'json';

  /** Absent: 50, or all of them where the answer is a file. */
  @IsWholeNumber(1, 200)
  limit?: number;

  @IsOptional()
  @Matches(/^[\w-]+$/, { message: 'must be the next_cursor of an earlier page of this same list' })
  cursor?: string;
}
