import { applyDecorators } from '@nestjs/common';
import { IntersectionType } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { PageParameters } from '../../paging/page.js';
import { CsvQuery } from '../csv.js';

const AGENT_ID = /^[a-z0-9-]{1,64}$/;

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

/** A page of a list that may be of one agent. */
export class PageQuery extends IntersectionType(AgentQuery, PageParameters) {}

export class TranscriptQuery extends IntersectionType(AgentQuery, CsvQuery) {
  @IsOptional()
  @IsIn(['json', 'csv', 'md'], { message: 'must be json, csv or md' })
  format: 'json' | 'csv' | 'md' = 'json';
}

export class ConversationMessagesQuery extends PageQuery {
  @IsOrder()
  order: 'asc' | 'desc' = 'asc';
}
