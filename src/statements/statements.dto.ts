import { IsOptional, IsString, IsUUID, Matches } from 'class-validator';

/** A month to be closed. */
export class NewStatement {
  @IsString({ message: 'must be a month such as 2026-10' })
  period: string;

  /** Absent: the zone of reports that name none. */
  @IsOptional()
  @IsString({ message: 'must be the IANA name of a time zone, such as Europe/Berlin' })
  tz?: string | null;

  /** Absent: all agents together. */
  @IsOptional()
  @Matches(/^[a-z0-9-]{1,64}$/, {
    message: 'must be the id of an agent: 1 to 64 of a–z, 0–9 and -, or null for all of them',
  })
  agent?: string | null;

  /**
   * Read as a text, because a JSON number has been a double on its way. Absent: as in the statement that is replaced, if
   * there is one. Null: nothing was invoiced.
   */
  @IsOptional()
  invoiced_credits?: unknown;

  @IsOptional()
  @IsUUID('all', { message: 'must be the id of a statement' })
  replaces?: string | null;

  /** Required with `replaces`. No lone surrogates, which PostgreSQL does not take, and no control characters but line ends. */
  @IsOptional()
  @Matches(/^(?=.*\S)(?:[^\p{Cc}\p{Cs}]|[\n\r\t]){1,2000}$/su, {
    message: 'must be a text of 1 to 2,000 characters that is not blank',
  })
  reason?: string | null;
}
