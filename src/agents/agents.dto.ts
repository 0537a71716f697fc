import { IsDefined, IsIn, IsOptional, Matches, ValidateIf } from 'class-validator';

/** What the id of an agent looks like: it stands in addresses and file names. */
export const AGENT_ID = /^[a-z0-9-]{1,64}$/;

/** No control characters and line ends, which could forge a line wherever a name is printed; no lone surrogates, which PostgreSQL does not take. */
const NAME = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,200}$/u;
const NAME_EXPECTED = { message: 'must be a text of 1 to 200 characters without control characters' };
const ON_INVALID = ['reject', 'accept'] as const;
const ON_INVALID_EXPECTED = { message: 'must be reject or accept' };

export type OnInvalid = (typeof ON_INVALID)[number];

/** An agent to be made. */
export class NewAgent {
  @Matches(AGENT_ID, { message: 'must be 1 to 64 of a–z, 0–9 and -' })
  id: string;

  /** Absent: the id. */
  @IsOptional()
  @Matches(NAME, NAME_EXPECTED)
  name?: string | null;

  @IsOptional()
  @IsIn(ON_INVALID, ON_INVALID_EXPECTED)
  on_invalid?: OnInvalid | null;
}

/** What to change of an agent; what is left out stays. */
export class AgentChange {
  @ValidateIf((_, value) => value !== undefined)
  @Matches(NAME, NAME_EXPECTED)
  name?: string;

  @ValidateIf((_, value) => value !== undefined)
  @IsIn(ON_INVALID, ON_INVALID_EXPECTED)
  on_invalid?: OnInvalid;
}

/** What a credit of an agent costs, from the beginning of a local day on. */
export class NewPrice {
  @Matches(/^\d{4}-\d{2}-\d{2}$/, { message: 'must be a date such as 2026-10-01' })
  from: string;

  @Matches(/^[A-Z]{3}$/, { message: 'must be the code of a currency in ISO 4217, such as USD' })
  currency: string;

  /** Read as a text, because a JSON number has been a double on its way. */
  @IsDefined({ message: 'must be a decimal in quotes such as "0.01"' })
  per_credit: unknown;
}
