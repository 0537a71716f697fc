import { ApiProperty } from '@nestjs/swagger';

export class Alive {
  @ApiProperty({ enum: ['ok'], example: 'ok' }) status: string;
}

const CHECKS = ['database', 'writable', 'schema', 'writer', 'line', 'partitions', 'disk'];

export class Ready extends Alive {
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Each thing that must hold, with "ok" or a sentence.',
    example: Object.fromEntries(CHECKS.map((name) => [name, 'ok'])),
  })
  checks: Record<string, string>;
  @ApiProperty({
    type: String,
    example: '2026c',
    description: 'The version of the time zone rules by which local days are computed.',
  })
  tzdata: string;
}
