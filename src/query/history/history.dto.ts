import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';

const AGENT_ID = /^[a-z0-9-]{1,64}$/;

/** A whole number in plain digits. `Number` would also take "1e1", "0x10", " 5" and "", none of which anybody means. */
export const IsWholeNumber = (least: number, most: number): PropertyDecorator => {
  const message = `must be a whole number from ${least} to ${most}`;
  return applyDecorators(
    IsOptional(),
    Transform(({ value }) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value)),
    IsInt({ message }),
    Min(least, { message }),
    Max(most, { message }),
  );
};

/** A text that is looked for as it is. One with a NUL is stored nowhere, and PostgreSQL would fail over it. */
export const IsStoredText = (most: number): PropertyDecorator =>
  applyDecorators(
    IsOptional(),
    Matches(new RegExp(`^[^\\0]{1,${most}}$`, 'u'), {
      message: `must be given once, as 1 to ${most} characters without NUL`,
    }),
  );

export const IsOrder = (): PropertyDecorator =>
  applyDecorators(IsOptional(), IsIn(['asc', 'desc'], { message: 'must be asc or desc' }));

/** Names one agent, where an answer could be about several. */
export class AgentQuery {
  @IsOptional()
  @Matches(AGENT_ID, { message: 'must be the id of an agent: 1 to 64 of a–z, 0–9 and -' })
  agent?: string;
}

/** A page of a list. */
export class PageQuery extends AgentQuery {
  @IsWholeNumber(1, 200)
  limit = 50;

  @IsOptional()
  @Matches(/^[\w-]+$/, { message: 'must be the next_cursor of an earlier page of this same list' })
  cursor?: string;
}

export class ConversationMessagesQuery extends PageQuery {
  @IsOrder()
  order: 'asc' | 'desc' = 'asc';
}
