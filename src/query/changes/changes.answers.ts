import { ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { Message } from '../history/history.answers.js';

export class ErasedMessage {
  @ApiProperty({ type: String, example: 'default' }) agent: string;
  @ApiProperty({ type: String, example: '6911aa00aa00aa00aa00aa01' }) conversation_id: string;
  @ApiProperty({ type: String, example: '6911bb00bb00bb00bb00bb01' }) message_id: string;
}

class Change {
  @ApiProperty({ type: String, example: 'default' }) agent: string;
  @ApiProperty({ type: 'integer', minimum: 1, example: 1 }) position: bigint;
  @ApiProperty({ enum: ['stored', 'revised', 'erased'], example: 'stored' }) kind: string;
  @ApiProperty({
    description: 'As it is now; where it was erased, its ids.',
    oneOf: [{ $ref: getSchemaPath(Message) }, { $ref: getSchemaPath(ErasedMessage) }],
  })
  message: Message | ErasedMessage;
}

export class Changes {
  @ApiProperty({ type: [Change] }) data: Change[];
  @ApiProperty({
    type: String,
    description: 'Never null: keep it, and ask with it for what comes next.',
    example: 'WyIwIiwiNDIiXQ',
  })
  next_cursor: string;
}
