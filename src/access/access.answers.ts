import { ApiProperty } from '@nestjs/swagger';
import { Count, Id, Instant, InstantOrNull, NextCursor, Text, TextOrNull } from '../openapi/answers.js';
import { SCOPES } from './key.js';

export class Key {
  @Id() key_id: string;
  @Text('AltaBots, production') label: string;
  @ApiProperty({ enum: SCOPES, isArray: true, example: ['ingest'] }) scopes: string[];
  @TextOrNull('default', 'The only agent it is for; null for all.') agent: string | null;
  @Text('cl_7…x9Qd', 'Enough of the token to recognise it.') hint: string;
  @Instant('2026-10-01T08:00:00.000Z') created_at: string;
  @InstantOrNull(null) expires_at: string | null;
  @InstantOrNull('2026-10-03T04:02:03.000Z') last_used_at: string | null;
  @InstantOrNull(null) revoked_at: string | null;
}

export class MadeKey extends Key {
  @Text('cl_7hJ2vQe0Zr5mW1cT8yLpKs4x9Qd', 'Shown here and never again: only its hash is kept.') token: string;
}

export class Keys {
  @ApiProperty({ type: [Key] }) data: Key[];
  @NextCursor() next_cursor: string | null;
}

class Refusal {
  @ApiProperty({ enum: ['webhook', 'v1'], example: 'webhook' }) lane: string;
  @ApiProperty({
    enum: ['nothing', 'header', 'path'],
    example: 'nothing',
    description: 'Where the token was that nobody knows. `nothing` is a sender that sets no header.',
  })
  presented: string;
  @Count(3) count: number;
  @Instant('2026-10-01T08:00:00.000Z') first_at: string;
  @Instant('2026-10-03T04:02:03.000Z') last_at: string;
  @TextOrNull('203.0.113.7') last_address: string | null;
}

export class Refusals {
  @ApiProperty({ type: [Refusal] }) data: Refusal[];
  @NextCursor() next_cursor: string | null;
}
