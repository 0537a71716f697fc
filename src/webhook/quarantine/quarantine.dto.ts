import { IsIn, IsOptional, IsString, Length, Matches } from 'class-validator';
import { PageParameters } from '../../paging/page.js';
import type { State } from './quarantine.sql.js';

const STATES: State[] = ['waiting', 'stored', 'dismissed'];

export class QuarantineQuery extends PageParameters {
  @IsOptional()
  @Matches(/^[a-z0-9-]{1,64}$/, { message: 'must be the id of an agent: 1 to 64 of a–z, 0–9 and -' })
  agent?: string;

  @IsOptional()
  @IsIn(STATES, { message: 'must be waiting, stored or dismissed' })
  state: State = 'waiting';
}

export class ReplayAllQuery {
  @IsOptional()
  @IsString({ message: 'must be the next_cursor of an earlier step' })
  cursor?: string;
}

export class Dismissal {
  @IsString({ message: 'must be a text of 1 to 1000 characters' })
  @Length(1, 1000, { message: 'must be a text of 1 to 1000 characters' })
  @Matches(/^[^\0]*\S[^\0]*$/, { message: 'must be a text of 1 to 1000 characters without NUL' })
  reason: string;
}
