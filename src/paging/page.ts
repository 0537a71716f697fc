import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import type { Cursors, Position } from './cursor.js';

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

/** What every list takes. */
export class PageParameters {
  @IsWholeNumber(1, 200)
  limit = 50;

  @IsOptional()
  @Matches(/^[\w-]+$/, { message: 'must be the next_cursor of an earlier page of this same list' })
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
