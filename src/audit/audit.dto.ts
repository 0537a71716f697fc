import { IsOptional, IsString, Matches } from 'class-validator';
import { PageParameters } from '../paging/page.js';

/** Which of what was done is asked for. */
export class AuditQuery extends PageParameters {
  @IsOptional()
  @Matches(/^[a-z0-9-]{1,64}$/, { message: 'must be the id of an agent: 1 to 64 of a–z, 0–9 and -' })
  agent?: string;

  @IsOptional()
  @Matches(/^[a-z._-]{1,64}$/, { message: 'must be an action such as key.revoked' })
  action?: string;

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
