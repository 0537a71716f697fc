import { ApiProperty } from '@nestjs/swagger';

/** What the sender documents as success, for the API's document. */
export class Accepted {
  @ApiProperty({ type: 'integer', enum: [200], example: 200 }) code: number;
  @ApiProperty({ enum: ['success'], example: 'success' }) msg: string;
}

/** A body as the sender documents it in V2; V1 and mixtures of both are taken too. */
export const DELIVERY_EXAMPLE = {
  create_time: 1758900123,
  conversation_id: '6911aa00aa00aa00aa00aa01',
  message_id: '6911bb00bb00bb00bb00bb01',
  output: [
    {
      from_component_branch: '2',
      from_component_name: 'Opening hours',
      content: {
        text: 'We open at nine.',
        audio: [{ audio: 'https://files.example/a.mp3', transcript: 'We open at nine.' }],
      },
    },
  ],
  usage: {
    tokens: {
      total_tokens: 1532,
      prompt_tokens: 1490,
      prompt_tokens_details: { audio_tokens: 0, text_tokens: 1490 },
      completion_tokens: 42,
      completion_tokens_details: { reasoning_tokens: 12, audio_tokens: 0, text_tokens: 30 },
    },
    credits: {
      total_credits: 0.3183,
      text_input_credits: 0.298,
      text_output_credits: 0.0203,
      audio_input_credits: 0,
      audio_output_credits: 0,
    },
  },
};

export const DELIVERY_SCHEMA = {
  type: 'object',
  required: ['conversation_id', 'message_id', 'create_time'],
  properties: {
    conversation_id: { type: 'string', minLength: 1, maxLength: 256 },
    message_id: { type: 'string', minLength: 1, maxLength: 256 },
    create_time: {
      type: 'number',
      description:
        'Seconds or milliseconds since 1970, told apart by their size; also as a string of digits.',
    },
    message_type: { type: 'string', enum: ['ANSWER', 'QUESTION'], default: 'ANSWER' },
    text: { type: 'string' },
    output: { type: 'array', items: { type: 'object' } },
    usage: { type: 'object' },
  },
};
