import { IntersectionType } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { CsvQuery } from '../csv.js';
import { RangeQuery } from '../usage/usage.dto.js';

export const KINDS = ['messages', 'deliveries', 'entries'] as const;
export type Kind = (typeof KINDS)[number];
export const FORMATS = ['ndjson', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

export class ExportQuery extends IntersectionType(RangeQuery, CsvQuery) {
  @IsIn(KINDS, { message: `must be one of ${KINDS.join(', ')}` })
  kind: Kind;

  @IsOptional()
  @IsIn(FORMATS, { message: 'must be ndjson or csv' })
  format: Format = 'ndjson';

  /** Not a secret and not signed: it is what stands in the row. */
  @IsOptional()
  @Matches(/^[^\0]{1,400}$/u, {
    message:
      'must name the last whole row: agent/message_id of a message, delivery_id of a delivery, entry_id of an entry',
  })
  cursor?: string;
}
