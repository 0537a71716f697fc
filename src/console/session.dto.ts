import { IsOptional, IsString, MaxLength } from 'class-validator';

const EXPECTED = { message: 'must be a text of at most 1000 characters' };

/** A token, or the code of a link that signs in once. */
export class SignIn {
  @IsOptional()
  @IsString(EXPECTED)
  @MaxLength(1_000, EXPECTED)
  token?: string | null;

  @IsOptional()
  @IsString(EXPECTED)
  @MaxLength(1_000, EXPECTED)
  code?: string | null;
}
