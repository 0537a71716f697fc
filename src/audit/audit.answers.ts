import { ApiProperty } from '@nestjs/swagger';
import { Id, Instant, NextCursor, Text, TextOrNull } from '../openapi/answers.js';

export class KeyThen {
  @Id() key_id: string;
  @TextOrNull('Finance', 'As it was at that time.') label: string | null;
}

class AuditedAction {
  @Text('42') id: string;
  @Instant('2026-11-02T09:14:00.000Z') at: string;
  @ApiProperty({ type: KeyThen, nullable: true, description: 'Null for what the start of the program did.' })
  key: KeyThen | null;
  @TextOrNull('203.0.113.7') address: string | null;
  @Text('statement.closed') action: string;
  @TextOrNull('default') agent: string | null;
  @TextOrNull('01998678-7155-7000-8000-5d1f0c6b7a10', 'What it was done to.') subject: string | null;
  @ApiProperty({
    type: 'object',
    nullable: true,
    additionalProperties: true,
    description: 'What else is known of it, by the kind of action.',
    example: { period: '2026-10' },
  })
  details: unknown;
}

export class AuditTrail {
  @ApiProperty({ type: [AuditedAction] }) data: AuditedAction[];
  @NextCursor() next_cursor: string | null;
}
