import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Instant, NextCursor, Text, TextOrNull } from '../../openapi/answers.js';
import { Cost, Usage } from '../usage/usage.answers.js';
import { OUTCOMES } from './arrivals.sql.js';

/** Further keys stay beside these as they were sent. */
class Audio {
  @TextOrNull('https://files.example/a.mp3') audio: string | null;
  @TextOrNull('We open at nine.') transcript: string | null;
}

/** Kinds that the sender has not described stay beside these as they were sent. */
class Content {
  @TextOrNull('We open at nine.') text: string | null;
  @ApiProperty({ type: [Audio] }) audio: Audio[];
}

class Piece {
  @ApiProperty({ type: 'integer', minimum: 1, example: 1 }) position: number;
  @TextOrNull('Opening hours') from_component_name: string | null;
  @TextOrNull('2') from_component_branch: string | null;
  @ApiProperty({ type: Content }) content: Content;
}

class Snippet {
  @Text('…ask whether We open at nine.') text: string;
  @ApiProperty({
    type: 'array',
    items: { type: 'array', items: { type: 'integer' }, minItems: 2, maxItems: 2 },
    description: 'Begin and end of each hit in `text`, in UTF-16 code units; the end does not belong to it.',
    example: [[15, 22]],
  })
  hits: number[][];
}
const OfSearch = () =>
  ApiPropertyOptional({ type: Snippet, nullable: true, description: 'Only with `q`: where it was found.' });

export class Message {
  @Text('default') agent: string;
  @Text('6911aa00aa00aa00aa00aa01') conversation_id: string;
  @Text('6911bb00bb00bb00bb00bb01') message_id: string;
  @ApiProperty({ enum: ['ANSWER', 'QUESTION'], example: 'ANSWER' }) message_type: string;
  @TextOrNull('We open at nine.') text: string | null;
  @Instant('2025-09-26T15:22:03.000Z') create_time: string;
  @Instant('2025-09-26T15:22:04.117Z') received_at: string;
  @ApiProperty({ type: 'integer', minimum: 1, example: 1 }) revision: number;
  @ApiProperty({ type: [Piece] }) output: Piece[];
  @ApiProperty({ type: Usage, nullable: true }) usage: Usage | null;
  @OfSearch() snippet?: Snippet | null;
}

export class Messages {
  @ApiProperty({ type: [Message] }) data: Message[];
  @NextCursor() next_cursor: string | null;
}

export class Transcript {
  @Text('default') agent: string;
  @Text('6911aa00aa00aa00aa00aa01') conversation_id: string;
  @ApiProperty({ type: [Message] }) messages: Message[];
}

export class Conversation {
  @Text('default') agent: string;
  @Text('6911aa00aa00aa00aa00aa01') conversation_id: string;
  @Instant('2025-09-26T15:21:59.250Z') first_message_at: string;
  @Instant('2025-09-26T15:22:03.000Z') last_message_at: string;
  @ApiProperty({ type: 'integer', minimum: 1, example: 2 }) messages: bigint;
  @ApiProperty({ type: Usage, nullable: true, description: 'The sum of its messages.' }) usage: Usage | null;
  @ApiProperty({
    type: [Cost],
    description:
      'What its credits cost by the price of each local day in `tz`, else in REPORT_TZ; unrounded. Empty without a price or without credits.',
  })
  cost: Cost[];
  @OfSearch() snippet?: Snippet | null;
}

export class Conversations {
  @ApiProperty({ type: [Conversation] }) data: Conversation[];
  @NextCursor() next_cursor: string | null;
}

/** `body` where the bytes are UTF-8, `body_base64` where they are not. */
export class DeliveryOfMessage {
  @ApiProperty({ type: String, format: 'uuid', example: '01998678-7155-7000-8000-5d1f0c6b7a10' })
  delivery_id: string;
  @Instant('2025-09-26T15:22:04.117Z') received_at: string;
  @ApiProperty({ enum: ['stored', 'repeated', 'revised'], example: 'stored' }) outcome: string;
  @ApiProperty({ type: String, pattern: '^[0-9a-f]{64}$', example: '9f'.repeat(32) }) sha256: string;
  @ApiPropertyOptional({ type: String, nullable: true, example: '{"message_id":"6911bb00bb00bb00bb00bb01"}' })
  body?: string | null;
  @ApiPropertyOptional({ type: String, format: 'byte', example: '//4=' }) body_base64?: string;
}

export class DeliveriesOfMessage {
  @ApiProperty({ type: [DeliveryOfMessage] }) data: DeliveryOfMessage[];
  @NextCursor() next_cursor: string | null;
}

/** Of an erased conversation both ids are null, as they are of a body in which none could be read. */
export class Delivery {
  @ApiProperty({ type: String, format: 'uuid', example: '01998678-7155-7000-8000-5d1f0c6b7a10' })
  delivery_id: string;
  @Text('default') agent: string;
  @Instant('2025-09-26T15:22:04.117Z') received_at: string;
  @ApiProperty({ enum: OUTCOMES, example: 'stored' }) outcome: string;
  @ApiPropertyOptional({
    enum: ['waiting', 'stored', 'dismissed'],
    description: 'Only of a body that was refused when it arrived: what has become of it in quarantine.',
  })
  state?: string;
  @TextOrNull('6911aa00aa00aa00aa00aa01') conversation_id: string | null;
  @TextOrNull('6911bb00bb00bb00bb00bb01') message_id: string | null;
  @ApiProperty({ type: 'integer', minimum: 0, example: 412 }) bytes: number;
  @ApiProperty({ type: String, pattern: '^[0-9a-f]{64}$', example: '9f'.repeat(32) }) sha256: string;
}

export class Deliveries {
  @ApiProperty({ type: [Delivery] }) data: Delivery[];
  @NextCursor() next_cursor: string | null;
}
