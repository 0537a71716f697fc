import { ApiProperty } from '@nestjs/swagger';
import { Instant, NextCursor, Text } from '../openapi/answers.js';

export class AgentAnswer {
  @ApiProperty({ type: String, pattern: '^[a-z0-9-]{1,64}$', example: 'default' }) id: string;
  @Text('Default agent') name: string;
  @ApiProperty({
    enum: ['reject', 'accept'],
    example: 'reject',
    description:
      'What a body that cannot be read is answered: 400, or 200. It is kept in quarantine either way.',
  })
  on_invalid: string;
  @Instant('2026-10-01T08:00:00.000Z') created_at: string;
}

export class AgentList {
  @ApiProperty({ type: [AgentAnswer] }) data: AgentAnswer[];
  @NextCursor() next_cursor: string | null;
}

export class Price {
  @ApiProperty({
    type: String,
    format: 'date',
    example: '2026-10-01',
    description:
      'The first local day for which it holds. It ends where the agent’s next price begins, whatever the currencies; of several for one day the one added last holds.',
  })
  from: string;
  @Text('USD', 'ISO 4217') currency: string;
  @Text('0.01') per_credit: string;
  @Instant('2026-10-01T08:00:00.000Z') recorded_at: string;
}

export class PriceList {
  @ApiProperty({ type: [Price] }) data: Price[];
  @NextCursor() next_cursor: string | null;
}
