import { ApiProperty } from '@nestjs/swagger';
import { Id, Instant, NextCursor, Text } from '../../openapi/answers.js';
import { Usage } from '../usage/usage.answers.js';

export class Entry {
  @Text('1042') entry_id: string;
  @ApiProperty({
    enum: ['usage', 'correction'],
    example: 'usage',
    description:
      'A message’s first usage, or the difference that a revision made; differences may be negative.',
  })
  kind: string;
  @Text('default') agent: string;
  @Text('6911aa00aa00aa00aa00aa01') conversation_id: string;
  @Text('6911bb00bb00bb00bb00bb01') message_id: string;
  @ApiProperty({ enum: ['ANSWER', 'QUESTION'], example: 'ANSWER' }) message_type: string;
  @ApiProperty({ type: 'integer', minimum: 1, example: 1 }) revision: number;
  @Id('Leads to the bytes it was read from: `/v1/deliveries/{id}/body`.') delivery_id: string;
  @Instant('2026-10-03T04:02:03.000Z') occurred_at: string;
  @Instant('2026-10-03T04:02:04.117Z') recorded_at: string;
  @ApiProperty({ type: Usage, nullable: true }) usage: Usage | null;
}

export class Entries {
  @ApiProperty({ type: [Entry] }) data: Entry[];
  @NextCursor() next_cursor: string | null;
}
