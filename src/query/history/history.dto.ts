import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';

const AGENT_ID = /^[a-z0-9-]{1,64}$/;

/** Names one agent, where an answer could be about several. */
export class AgentQuery {
  @IsOptional()
  @Matches(AGENT_ID, { message: 'must be the id of an agent: 1 to 64 of a–z, 0–9 and -' })
  agent?: string;
}

/** A page of a list. */
export class PageQuery extends AgentQuery {
  @IsOptional()
  @Type(() => Number)
  @IsInt({ message: 'must be a whole number from 1 to 200' })
  @Min(1, { message: 'must be a whole number from 1 to 200' })
  @Max(200, { message: 'must be a whole number from 1 to 200' })
  limit = 50;

  @IsOptional()
  @IsString({ message: 'must be the next_cursor of an earlier page' })
  cursor?: string;
}

export class ConversationMessagesQuery extends PageQuery {
  @IsOptional()
  @IsIn(['asc', 'desc'], { message: 'must be asc or desc' })
  order: 'asc' | 'desc' = 'asc';
}
