import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Count, Id, Instant, NextCursor, Sha256, Text, TextOrNull } from '../../openapi/answers.js';

const NextStep = () =>
  ApiProperty({
    type: String,
    nullable: true,
    description: 'Where there was no time for all: for the parameter `cursor` of the next call.',
    example: null,
  });

class FieldProblem {
  @Text('create_time', 'Empty where no single field is to blame.') field: string;
  @Text('must be present') problem: string;
}

class SettledBy {
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'Null where a command did it.',
    example: '01a00000-0000-7000-8000-000000000000',
  })
  key_id: string | null;
  @Text('operations', 'The label that the key had then.') label: string;
}

export class Quarantined {
  @Id() delivery_id: string;
  @Text('default') agent: string;
  @Instant('2026-10-03T04:02:03.000Z') received_at: string;
  @ApiProperty({ enum: ['waiting', 'stored', 'dismissed'], example: 'waiting' }) state: string;
  @ApiProperty({ type: [FieldProblem], nullable: true }) problems: FieldProblem[] | null;
  @TextOrNull('6911bb00bb00bb00bb00bb01', 'Where the body named one.') message_id: string | null;
  @Count(312) bytes: number;
  @Sha256() sha256: string;
  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Once it waits no more.',
    example: '2026-10-03T04:05:06.000Z',
  })
  settled_at?: string | null;
  @ApiPropertyOptional({
    type: SettledBy,
    nullable: true,
    description:
      'Once it waits no more: the key that replayed or dismissed it. Null where that is not known.',
  })
  settled_by?: SettledBy | null;
  @ApiPropertyOptional({
    enum: ['stored', 'repeated', 'revised'],
    description: 'Of what was replayed.',
    example: 'stored',
  })
  outcome?: string;
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Once it waits no more: why it was dismissed. Null for what was replayed.',
    example: 'A test of the sender.',
  })
  reason?: string | null;
}

/** `body` where the bytes are UTF-8, `body_base64` where they are not. */
export class QuarantinedWithBody extends Quarantined {
  @ApiPropertyOptional({ type: String, nullable: true, example: '{"message_id":"6911bb00bb00bb00bb00bb01"}' })
  body?: string | null;
  @ApiPropertyOptional({ type: String, format: 'byte', example: '//4=' }) body_base64?: string;
}

export class QuarantineList {
  @ApiProperty({ type: [Quarantined] }) data: Quarantined[];
  @NextCursor() next_cursor: string | null;
}

export class Replayed {
  @Count(12) replayed: number;
  @Count(10, 'Those that are stored now.') stored: number;
  @Count(2, 'Those that could not be read again, and wait.') waiting: number;
  @NextStep() next_cursor: string | null;
}

export class Dismissed {
  @Count(12) dismissed: number;
  @NextStep() next_cursor: string | null;
}
