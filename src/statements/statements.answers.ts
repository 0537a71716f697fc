import { ApiProperty } from '@nestjs/swagger';
import { KeyThen } from '../audit/audit.answers.js';
import { Id, Instant, NextCursor, Text, TextOrNull } from '../openapi/answers.js';
import { Entry } from '../query/entries/entries.answers.js';
import { Cost, UsageTotals } from '../query/usage/usage.answers.js';

class StatementHead {
  @Id() id: string;
  @Text('2026-10') period: string;
  @Text('Europe/Berlin') tz: string;
  @TextOrNull('default', 'Null for all agents together.') agent: string | null;
  @Instant('2026-11-02T09:14:00.000Z') closed_at: string;
  @ApiProperty({ type: KeyThen, nullable: true }) closed_by: KeyThen | null;
  @TextOrNull(null, 'The id of the statement that this one replaces.') replaces: string | null;
  @TextOrNull(null, 'The id of the one that replaced it.') replaced_by: string | null;
  @TextOrNull(null) reason: string | null;
  @TextOrNull('1234.25', 'The credits that were counted; null where none were reported.') credits:
    | string
    | null;
  @ApiProperty({ type: [Cost], description: 'What they cost by the prices known at the closing.' })
  cost: Cost[];
  @TextOrNull('1234.5', 'What the sender’s invoice says.') invoiced_credits: string | null;
  @TextOrNull('0.25', 'What was invoiced less what was counted; null without an invoice.') difference:
    | string
    | null;
  @ApiProperty({
    type: String,
    pattern: '^[0-9a-f]{64}$',
    example: '9f'.repeat(32),
    description: 'Of the bytes of `/v1/statements/{id}/document`, which `sha256sum` verifies.',
  })
  sha256: string;
}

export class StatementList {
  @ApiProperty({ type: [StatementHead] }) data: StatementHead[];
  @NextCursor() next_cursor: string | null;
}

export class StatementAnswer extends StatementHead {
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description:
      'What the file holds: totals, cost, what was invoiced and the difference, completeness, the prices and time zone rules that were used, days and agents. Documents of earlier versions lack `prices`, `tzdata` and `completeness.unpriced_credits`.',
    example: {
      period: '2026-10',
      tz: 'Europe/Berlin',
      agent: 'default',
      tzdata: '2026c',
      prices: [{ agent: 'default', from: '2026-10-01', currency: 'EUR', per_credit: '0.01' }],
      invoiced_credits: '1234.5',
      difference: '0.25',
    },
  })
  document: object;
  @ApiProperty({ type: [Entry], description: 'What arrived for that month after the closing.' })
  restatements: Entry[];
  @ApiProperty({ type: UsageTotals, description: 'The month as it is known now, by today’s prices.' })
  restated_totals: UsageTotals;
}
