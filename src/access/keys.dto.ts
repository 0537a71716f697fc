import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsIn, IsOptional, Matches } from 'class-validator';
import { SCOPES, type Scope } from './key.js';

const SCOPES_EXPECTED = {
  message: 'must be a list of one or more different ones of ingest, read, finance and admin',
};

/** A key to be made. */
export class NewKey {
  /** No control characters and line ends, which could forge a line wherever a label is printed, nor those that turn the direction of writing; no lone surrogates, which PostgreSQL does not take. */
  @IsOptional()
  @Matches(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]{0,200}$/u, {
    message: 'must be a text of at most 200 characters without control characters',
  })
  label?: string | null;

  @IsArray(SCOPES_EXPECTED)
  @ArrayMinSize(1, SCOPES_EXPECTED)
  @ArrayMaxSize(SCOPES.length, SCOPES_EXPECTED)
  @IsIn(SCOPES, { ...SCOPES_EXPECTED, each: true })
  @ArrayUnique(SCOPES_EXPECTED)
  scopes: Scope[];

  @IsOptional()
  @Matches(/^[a-z0-9-]{1,64}$/, { message: 'must be the id of an agent: 1 to 64 of a–z, 0–9 and -' })
  agent?: string | null;

  @IsOptional()
  @Matches(/^[\x21-\x7e]{16,512}$/, { message: 'must be 16 to 512 visible ASCII characters without spaces' })
  token?: string | null;

  @IsOptional()
  @Matches(/^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/, {
    message: 'must be an instant with its offset such as 2027-10-01T00:00:00Z',
  })
  expires_at?: string | null;
}
