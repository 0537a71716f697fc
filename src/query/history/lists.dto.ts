import { IntersectionType } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayNotEmpty, ArrayUnique, IsIn, IsOptional } from 'class-validator';
import { RangeQuery } from '../usage/usage.dto.js';
import { OUTCOMES, type Outcome } from './arrivals.sql.js';
import { IsOrder, IsStoredText, PageQuery } from './history.dto.js';

class SearchQuery {
  @IsStoredText(1_000)
  q?: string;
}

export class ConversationsQuery extends IntersectionType(PageQuery, RangeQuery, SearchQuery) {
  @IsOptional()
  @IsIn(['last_message_at', 'credits'], { message: 'must be last_message_at or credits' })
  sort: 'last_message_at' | 'credits' = 'last_message_at';

  @IsOrder()
  order: 'asc' | 'desc' = 'desc';
}

export class MessagesQuery extends IntersectionType(PageQuery, RangeQuery, SearchQuery) {
  @IsStoredText(256)
  conversation_id?: string;

  @IsOptional()
  @IsIn(['ANSWER', 'QUESTION'], { message: 'must be ANSWER or QUESTION' })
  message_type?: 'ANSWER' | 'QUESTION';

  @IsStoredText(4_096)
  component?: string;

  @IsOrder()
  order: 'asc' | 'desc' = 'desc';
}

const OUTCOMES_EXPECTED = `must be one or more of ${OUTCOMES.join(', ')}, each once, with commas between`;

export class DeliveriesQuery extends IntersectionType(PageQuery, RangeQuery) {
  @IsOptional()
  @Transform(({ value }) => (typeof value === 'string' ? value.split(',') : []))
  @ArrayNotEmpty({ message: OUTCOMES_EXPECTED })
  @ArrayUnique({ message: OUTCOMES_EXPECTED })
  @IsIn(OUTCOMES, { each: true, message: OUTCOMES_EXPECTED })
  outcome?: Outcome[];

  @IsOrder()
  order: 'asc' | 'desc' = 'desc';
}
