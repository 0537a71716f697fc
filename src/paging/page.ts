import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import type { Cursors, Position } from './cursor.js';

const LIMIT = { message: 'must be a whole number from 1 to 200' };

/** What every list takes. */
export class PageParameters {
  @IsOptional()
  @Type(() => Number)
  @IsInt(LIMIT)
  @Min(1, LIMIT)
  @Max(200, LIMIT)
  limit = 50;

  @IsOptional()
  @IsString({ message: 'must be the next_cursor of an earlier page' })
  cursor?: string;
}

export interface Page<Row> {
  rows: Row[];
  nextCursor: string | null;
}

/** Cuts the one row too many that was asked for to learn whether there is a next page. */
export async function cutPage<Row>(
  cursors: Cursors,
  question: unknown,
  rows: Row[],
  limit: number,
  positionOf: (row: Row) => Position,
): Promise<Page<Row>> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor = rows.length > limit && last ? await cursors.make(question, positionOf(last)) : null;
  return { rows: shown, nextCursor };
}
