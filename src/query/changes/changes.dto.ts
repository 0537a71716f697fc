import { IntersectionType } from '@nestjs/swagger';
import { IsWholeNumber } from '../../paging/page.js';
import { PageQuery } from '../history/history.dto.js';

/** Seconds. */
const LONGEST_WAIT = 30;

class WaitQuery {
  @IsWholeNumber(0, LONGEST_WAIT)
  wait = 0;
}

export class ChangesQuery extends IntersectionType(PageQuery, WaitQuery) {}
