import { IntersectionType } from '@nestjs/swagger';
import { IsOptional, Matches } from 'class-validator';
import { PageParameters } from '../paging/page.js';
import { TimeRangeQuery } from '../query/time/range.dto.js';

/** Which of what was done is asked for. */
export class AuditQuery extends IntersectionType(PageParameters, TimeRangeQuery) {
  @IsOptional()
  @Matches(/^[a-z0-9-]{1,64}$/, { message: 'must be the id of an agent: 1 to 64 of a–z, 0–9 and -' })
  agent?: string;

  @IsOptional()
  @Matches(/^[a-z._-]{1,64}$/, { message: 'must be an action such as key.revoked' })
  action?: string;
}
