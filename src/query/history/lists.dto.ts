import { IntersectionType } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { RangeQuery } from '../usage/usage.dto.js';
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
