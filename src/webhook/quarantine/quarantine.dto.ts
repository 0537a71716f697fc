import { IsIn, IsOptional, IsString, Length, Matches } from 'class-validator';
import { PageParameters } from '../../paging/page.js';
import type { State } from './quarantine.sql.js';

const STATES: State[] = ['waiting', 'stored', 'dismissed'];

const AnAgent = () =>
  Matches(/^[a-z0-9-]{1,64}$/, { message: 'must be the id of an agent: 1 to 64 of a–z, 0–9 and -' });

export class QuarantineQuery extends PageParameters {
  @IsOptional()
  @AnAgent()
  agent?: string;

  @IsOptional()
  @IsIn(STATES, { message: 'must be waiting, stored or dismissed' })
  state: State = 'waiting';
}

/** Which of the waiting bodies are meant: all, or those of one agent. */
export class WaitingQuery {
  @IsOptional()
  @AnAgent()
  agent?: string;

  @IsOptional()
  @IsString({ message: 'must be the next_cursor of an earlier step' })
  cursor?: string;
}

export class DismissAllQuery extends WaitingQuery {
  @IsOptional()
  @IsString({ message: 'must be a field or a part of a problem, of 1 to 300 characters' })
  @Length(1, 300, { message: 'must be a field or a part of a problem, of 1 to 300 characters' })
  @Matches(/^[^\0]*$/, { message: 'must not contain NUL' })
  problem?: string;
}

export class DismissalBody {
  @IsString({ message: 'must be a text of 1 to 1000 characters' })
  @Length(1, 1000, { message: 'must be a text of 1 to 1000 characters' })
  @Matches(/^[^\0]*\S[^\0]*$/, { message: 'must be a text of 1 to 1000 characters without NUL' })
  reason: string;
}
